package org.smmulator.smmu.config;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.fault.Fault;

/**
 * Configurations that only fault and that the architecture does not let be cached: a fetch that
 * failed, or a lookup that found no structure. Each is looked up anew, but a device can make one
 * with every packet, so the last ones are kept: they say nothing but what the lookup has found.
 */
final class Refusals {
  private static final int SLOTS = 64;

  private final @Nullable Configuration[] kept = new @Nullable Configuration[SLOTS];
  private final Fault found = new Fault();

  /** An error that names no address. */
  Configuration of(StreamTableEntry stream, EventType type) {
    return of(stream, found.configuration(type, 0));
  }

  /** A fetch that failed; of a stream table entry, there is no stream yet. */
  Configuration ofFetch(@Nullable StreamTableEntry stream, EventType type, long fetchAddress) {
    return of(stream, found.configuration(type, fetchAddress));
  }

  /** Any fault; the caller may use it again. */
  @SuppressWarnings("ReferenceEquality") // of the very entry that was read, and no older one
  Configuration of(@Nullable StreamTableEntry stream, Fault fault) {
    int slot = slot(stream, fault);
    Configuration known = kept[slot];
    if (known != null && known.stream() == stream && known.requireFault().isLike(fault)) {
      return known;
    }
    Configuration refusal = Configuration.fault(stream, new Fault().copy(fault));
    kept[slot] = refusal;
    return refusal;
  }

  private static int slot(@Nullable StreamTableEntry stream, Fault fault) {
    long where = stream == null ? 0 : stream.contextPointer();
    long what = fault.fetchAddress() ^ fault.ipa() ^ fault.type().id();
    return (int) (((where ^ what) * 0x9e37_79b9_7f4a_7c15L) >>> 40) & (SLOTS - 1);
  }
}
