package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_LATE;
import static org.smmulator.pcie.FunctionCounter.PAGE_REQUESTS;
import static org.smmulator.pcie.FunctionCounter.REFUSED;
import static org.smmulator.pcie.FunctionCounter.STOP_MARKERS;
import static org.smmulator.pcie.FunctionCounter.TRANSLATIONS_WITHHELD;
import static org.smmulator.pcie.FunctionCounter.TRANSLATION_REQUESTS;

import io.netty.buffer.ByteBuf;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.pcie.ledger.FunctionGrants;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.Transaction;

/**
 * ATS and PRI (PCIe chapter 10): translation requests, with a grant in the ledger for each entry
 * given out, page requests, and the completions of invalidations.
 */
final class TranslationServices {
  /** What code counts ones below; a grant of the whole space counts as its lower half. */
  private static final int LARGEST_LOG2 = 63;

  /** Byte Count of a completion without data. */
  private static final int NO_DATA_COUNT = 4;

  private final Smmu smmu;
  private final Judge judge;
  private final InjectionPoint completions;
  private final Transaction transaction = new Transaction();
  private final AtsAnswer answer = new AtsAnswer();
  private final long[] entries = new long[AtsAnswer.CAPACITY];

  /**
   * @param completions what Invalidate Completions pass
   */
  TranslationServices(Smmu smmu, Judge judge, InjectionPoint completions) {
    this.smmu = smmu;
    this.judge = judge;
    this.completions = completions;
  }

  void translationRequest(AttachedFunction function, Tlp tlp) {
    function.count(TRANSLATION_REQUESTS);
    function.pasids.count(PasidCounter.TRANSLATION_REQUESTS, tlp.pasid());
    transaction.request(
        function.requesterId(),
        tlp.pasid(),
        tlp.address(),
        !tlp.noWrite(),
        tlp.privilegedRequested(),
        tlp.executeRequested());
    smmu.translationRequest(transaction, tlp.translationsRequested(), answer);
    if (function.records(EventKind.TRANSLATION_REQUEST)) {
      record(function, tlp);
    }
    ByteBuf out = function.begin();
    if (answer.status() == AtsAnswer.Status.SUCCESS) {
      for (int i = 0; i < answer.count(); i++) {
        entries[i] = answer.entry(i);
      }
      grant(function, tlp);
      TlpWriter.translationCompletion(
          out, RequesterId.ROOT, tlp.transaction(), entries, answer.count());
    } else {
      function.count(REFUSED);
      int status = answer.status().busCode();
      TlpWriter.completion(out, RequesterId.ROOT, tlp.transaction(), status, NO_DATA_COUNT);
    }
    function.end();
  }

  private void record(AttachedFunction function, Tlp tlp) {
    long request =
        function.record(
            EventKind.TRANSLATION_REQUEST,
            function.faultCauses.get(tlp.pasid(), tlp.address()),
            tlp.pasid(),
            tlp.address(),
            tlp.translationsRequested(),
            function.name(tlp.noWrite() ? "read" : "write"));
    boolean translated = answer.status() == AtsAnswer.Status.SUCCESS && answer.count() > 0;
    long first = translated ? answer.entry(0) : 0;
    long completion =
        function.record(
            EventKind.TRANSLATION_COMPLETION,
            request,
            tlp.pasid(),
            tlp.address(),
            function.name(translated ? permissions(first) : answer.status().name()),
            translated ? AtsEntry.address(first) : 0);
    int wanted = tlp.noWrite() ? AtsEntry.READ : AtsEntry.READ | AtsEntry.WRITE;
    if ((AtsEntry.flags(first) & wanted) == wanted) {
      function.faultCauses.granted(tlp.pasid(), tlp.address());
    } else {
      function.faultCauses.refused(tlp.pasid(), tlp.address(), completion);
    }
  }

  private static String permissions(long entry) {
    int flags = AtsEntry.flags(entry);
    return ((flags & AtsEntry.READ) != 0 ? "R" : "-") + ((flags & AtsEntry.WRITE) != 0 ? "W" : "-");
  }

  /**
   * Entries are contiguous in untranslated space; one without a permission is no grant. What the
   * ledger does not grant may be accessed untranslated, through the SMMU (PCIe 10.2.3, U).
   */
  private void grant(AttachedFunction function, Tlp tlp) {
    long va = tlp.address();
    for (int i = 0; i < answer.count(); i++) {
      int flags = AtsEntry.flags(entries[i]);
      int sizeLog2 = Math.min(AtsEntry.sizeLog2(entries[i]), LARGEST_LOG2);
      int permissions =
          ((flags & AtsEntry.READ) != 0 ? FunctionGrants.READ : 0)
              | ((flags & AtsEntry.WRITE) != 0 ? FunctionGrants.WRITE : 0);
      if (permissions != 0 && (flags & AtsEntry.UNTRANSLATED_ONLY) == 0) {
        long pa = AtsEntry.address(entries[i]);
        if (!function.grants.grant(tlp.pasid(), va, pa, sizeLog2, permissions)) {
          entries[i] |= AtsEntry.UNTRANSLATED_ONLY;
          function.count(TRANSLATIONS_WITHHELD);
        }
      }
      va = (va >>> sizeLog2 << sizeLog2) + (1L << sizeLog2);
    }
  }

  /** A Page Request or stop marker; while the interface is off nobody would answer it. */
  void pageRequest(AttachedFunction function, Tlp tlp) {
    int group = tlp.prgIndex();
    long event =
        function.record(
            EventKind.PAGE_REQUEST,
            function.faultCauses.get(tlp.pasid(), tlp.pageAddress()),
            tlp.pasid(),
            tlp.pageAddress(),
            group,
            tlp.pageRequestFlags());
    if (event != Recorder.NO_CAUSE && !tlp.isStopMarker()) {
      function.faultCauses.requested(tlp.pasid(), tlp.pageAddress(), group, event);
    }
    function.count(tlp.isStopMarker() ? STOP_MARKERS : PAGE_REQUESTS);
    if (!tlp.isStopMarker()) {
      function.pasids.count(PasidCounter.PAGE_REQUESTS, tlp.pasid());
    }
    ProtocolRule broken = RequestRules.broken(function.config, tlp);
    if (broken != null) {
      judge.forbidden(function, broken, tlp.pasid(), tlp.pageAddress());
    }
    if (!function.config.permits(FunctionConfig.PAGE_REQUESTS)
        || (!tlp.isStopMarker() && !takeCredit(function, tlp))) {
      return;
    }
    int flags =
        tlp.pageRequestFlags()
            | (tlp.privilegedRequested() ? PageRequestFlags.PRIVILEGED : 0)
            | (tlp.executeRequested() ? PageRequestFlags.EXECUTE : 0);
    function.causes(event);
    smmu.pageRequest(function.requesterId(), tlp.pasid(), tlp.pageAddress(), group, flags);
  }

  /**
   * Whether the function may have one more page request outstanding. What is beyond its allocation
   * goes no further: software made its queues for what it allowed.
   */
  private boolean takeCredit(AttachedFunction function, Tlp tlp) {
    long allowed = function.config.pageRequestAllocation();
    if (function.credits.take(tlp.prgIndex(), allowed)) {
      return true;
    }
    judge.broken(
        function,
        ProtocolRule.PAGE_REQUEST_ALLOCATION,
        tlp.pasid(),
        tlp.pageAddress(),
        Violation.NONE,
        function.credits.outstanding()
            + 1
            + " page requests outstanding; its allocation is "
            + allowed);
    if (allowed == 0) {
      function.credits.reset();
    }
    return false;
  }

  void invalidateCompletion(AttachedFunction function, Tlp tlp) {
    if (tlp.targetId() != RequesterId.ROOT || tlp.invalidateTags() == 0) {
      ProtocolRule rule = ProtocolRule.INVALIDATE_COMPLETION;
      judge.broken(function, rule, rule.sentence());
      return;
    }
    int tags = tlp.invalidateTags();
    int count = tlp.completionCount();
    Injection injected = completions.pass(function.requesterId());
    if (injected == null) {
      completed(function, tags, count);
    } else {
      function.inject(injected, () -> completed(function, tags, count));
    }
  }

  /** Those of {@code count} completions that an Invalidate Completion stands for. */
  private void completed(AttachedFunction function, int itags, int count) {
    for (int tags = itags; tags != 0; tags &= tags - 1) {
      int itag = Integer.numberOfTrailingZeros(tags);
      switch (function.invalidations.completion(itag, count)) {
        case KNOWN -> {}
        case LATE -> function.count(INVALIDATIONS_LATE);
        case UNKNOWN_TAG ->
            judge.broken(
                function,
                ProtocolRule.INVALIDATE_TAG,
                "Invalidate Completion for ITag " + itag + ", which is not in use");
        case COUNT_CHANGED ->
            judge.broken(
                function,
                ProtocolRule.INVALIDATE_COUNT,
                "Completion Count changed between completions of ITag " + itag);
      }
    }
  }
}
