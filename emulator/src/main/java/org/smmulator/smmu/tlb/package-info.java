/**
 * Caches of translations and of table descriptors, invalidated as the commands say. What is hard
 * about them, for whoever changes them:
 *
 * <p><b>Spaces and ids.</b> TLBI commands name regime, VMID and ASID, with masks and wild cards
 * (IHI 0070 4.4); a lookup must not compare all that. So each name that configurations use is one
 * {@link org.smmulator.smmu.tlb.TlbSpace}, and an entry's tag holds the id of its space and its
 * block of addresses in one {@code long}. Global pages are in a space of their own, and a lookup
 * asks twice, own space first.
 *
 * <p><b>Ids retire.</b> To drop a whole space, nothing is searched: its id is retired and the space
 * goes on without one. No lookup asks for a retired id, so the entries that bear it cannot be
 * found; they count as empty slots where room is needed, and the counters say at once that they are
 * gone. The space gets a new id with its next entry. A space whose last entry is evicted or dropped
 * gives its id back unretired, since no tag bears it. Ids are given out in ascending order; at the
 * end of the list all caches are swept once of what retired ids left behind, those ids are free
 * again, and if half of all are in use the list doubles. It cannot run out: a space with an id has
 * at least one entry, and there are more ids (2^21) than entries. What must hold: an id never
 * becomes free while a tag bears it, or an entry of a dropped space would come back to life in
 * another.
 *
 * <p><b>Why a TLBI costs as much as there are sizes.</b> Entries of 4 KiB and of 1 GiB stand side
 * by side, under tags that say the size, so an address could be in an entry of any size. A space
 * therefore keeps a set of the sizes that it may have entries of, and lookups and invalidations ask
 * for those alone: one probe each, mostly one in all. A bit of the set is cleared with the last
 * entry of the space only; one that is set in vain costs a probe. A TLBI by address and ASID finds
 * its spaces by name (two values of ASET, each with its global pages) and probes once for each
 * size; one for all ASIDs or a group of VMIDs first looks through the spaces that have entries. A
 * range probes for each block in it, until that would be more probes than there are slots: then the
 * slots are gone through once.
 *
 * <p><b>Broken leaves.</b> With two stages an entry covers the smaller of both leaves: a block of 2
 * MiB at stage 1 over pages of 4 KiB at stage 2 is up to 512 entries of 4 KiB. A TLBI of any
 * address in the block must drop all of them, for software sees one leaf there. An entry's
 * translation has the level and granule of stage 1, which give the leaf's span; the space keeps a
 * second set, of the spans that are larger than their entries. If there are any, an invalidation
 * reaches from its address to the ends of the largest such block, probes for each piece that could
 * be in it, and drops those whose own span has the address. Without nested translation the set is
 * empty, and nobody pays.
 */
@NullMarked
package org.smmulator.smmu.tlb;

import org.jspecify.annotations.NullMarked;
