package org.smmulator.pcie;

import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.RevocationScope;
import org.smmulator.smmu.Smmu;

/**
 * Does for the SMMU what it asks of functions, by stream: has translations invalidated, and answers
 * page requests. Each ATC invalidation that the SMMU asks for it is told the end of, once; so it is
 * of each access that is performed later.
 */
final class SmmuAgent {
  private static final int SMALLEST_PAGE_LOG2 = 12;

  private final Smmu smmu;
  private final GrantLedger ledger;
  private final Slots slots;
  private final NamedAddresses named = new NamedAddresses();
  private final InjectionPoint requests = new InjectionPoint();
  private final InjectionPoint completions = new InjectionPoint();
  private BareStreams bareStreams = new Nobody();
  private long invalidationsWithoutDevice;

  SmmuAgent(Smmu smmu, GrantLedger ledger, Slots slots) {
    this.smmu = smmu;
    this.ledger = ledger;
    this.slots = slots;
  }

  /** Nobody caches or hears anything at a stream without a device. */
  private final class Nobody implements BareStreams {
    @Override
    public void atcInvalidate(
        int streamId, int substreamId, long address, int pagesLog2, boolean global) {
      ended(1, false);
    }

    @Override
    public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {}
  }

  /** As {@link Smmu#accessBegins}. */
  long accessBegins() {
    return smmu.accessBegins();
  }

  /** As {@link Smmu#accessEnds}. */
  void accessEnds(long access) {
    smmu.accessEnds(access);
  }

  /** As {@link Smmu#withdraw}. */
  void withdraw(int streamId) {
    smmu.withdraw(streamId);
  }

  /** From now on somebody stands for streams without a device. */
  void standFor(BareStreams streams) {
    bareStreams = streams;
  }

  /** As {@code SmmuOutputs.command}. */
  void command(long word0, long word1) {
    named.command(word0, word1);
  }

  /** TLB maintenance that is no command: what it changed is not known. */
  void tlbMaintained() {
    named.everything();
  }

  /** As {@code SmmuOutputs.atcInvalidate}. */
  void atcInvalidate(int streamId, int substreamId, long address, int pagesLog2, boolean global) {
    AttachedFunction function = slots.function(streamId);
    if (function == null) {
      invalidationsWithoutDevice++;
      bareStreams.atcInvalidate(streamId, substreamId, address, pagesLog2, global);
      return;
    }
    int sizeLog2 = Math.min(SMALLEST_PAGE_LOG2 + pagesLog2, Long.SIZE);
    long within = sizeLog2 == Long.SIZE ? -1L : (1L << sizeLog2) - 1;
    RevocationScope scope =
        new RevocationScope(substreamId, global, address & ~within, address | within);
    function.invalidations.ask(scope, sizeLog2, ledger.mark(), named.now());
  }

  /** As {@code SmmuOutputs.pageResponse}. */
  void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {
    AttachedFunction function = slots.function(streamId);
    if (function == null) {
      bareStreams.pageResponse(streamId, substreamId, prgIndex, busCode);
    } else {
      function.sendPageResponse(substreamId, prgIndex, busCode);
    }
  }

  /** As many of the invalidations that the SMMU asked for are over. */
  void ended(long invalidations, boolean inVain) {
    for (long i = 0; i < invalidations; i++) {
      smmu.atcInvalidationDone(inVain);
    }
  }

  /** Power-on: no invalidation is under way. */
  void powerOn() {
    for (AttachedFunction function : slots.functions()) {
      if (function.isAnnounced()) {
        function.powerOn();
      }
    }
  }

  /** What Invalidate Requests pass on their way to functions. */
  InjectionPoint requests() {
    return requests;
  }

  /** What Invalidate Completions pass on their way back. */
  InjectionPoint completions() {
    return completions;
  }

  long invalidationsWithoutDevice() {
    return invalidationsWithoutDevice;
  }
}
