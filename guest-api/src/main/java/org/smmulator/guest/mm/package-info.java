/**
 * The guest kernel's memory management: frames, page tables in guest memory that the SMMU walks
 * too, address spaces with their faults and copy-on-write, and MMU notifiers. Everything is in the
 * order of Linux 6.6 and later: change the page table, flush the CPUs' TLBs, tell the notifiers,
 * only then free.
 */
@NullMarked
package org.smmulator.guest.mm;

import org.jspecify.annotations.NullMarked;
