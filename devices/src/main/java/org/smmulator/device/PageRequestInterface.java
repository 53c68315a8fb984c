package org.smmulator.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.pcie.PriCapability;
import org.smmulator.bus.tlp.PageResponseCode;

/**
 * The Page Request Interface (Base Specification 10.4): each request is a group of its own, with
 * the Last flag, under a PRG index that nothing outstanding has. The software's allocation bounds
 * how many are outstanding; others wait here. Only the link's thread may call it.
 */
final class PageRequestInterface {

  /** Where translations go on whose page request is answered. */
  interface Answers {
    void served(PendingTranslation translation);

    void refused(PendingTranslation translation);
  }

  private final ConfigSpace config;
  private final Transmitter out;
  private final DeviceStatistics statistics;
  private final LongSupplier clock;
  private final Answers answers;

  /** By PRG index; an outstanding index without translation is one nobody waits for any more. */
  private final @Nullable PendingTranslation[] groups =
      new @Nullable PendingTranslation[PriCapability.GROUPS];

  private final boolean[] outstanding = new boolean[PriCapability.GROUPS];
  private final long[] sentNanos = new long[PriCapability.GROUPS];
  private int outstandingCount;
  private int nextIndex;
  private final Queue<PendingTranslation> withoutCredit = new ArrayDeque<>();

  PageRequestInterface(FunctionParts parts, Answers answers) {
    this.config = parts.config();
    this.out = parts.out();
    this.statistics = parts.statistics();
    this.clock = parts.clock();
    this.answers = answers;
  }

  /** Asks software for a page; the interface is enabled and has an allocation. */
  void request(PendingTranslation translation) {
    withoutCredit.add(translation);
    sendWithinAllocation();
  }

  private void sendWithinAllocation() {
    while (outstandingCount < config.pageRequestAllocation()) {
      PendingTranslation translation = withoutCredit.poll();
      if (translation == null) {
        return;
      }
      if (translation.pasid != DmaPort.NO_PASID && !config.pasidEnabled()) {
        answers.refused(translation);
        continue;
      }
      int index = takeIndex();
      groups[index] = translation;
      statistics.pageRequests++;
      out.pageRequest(translation.pasid, translation.page, index, translation.write);
    }
  }

  private int takeIndex() {
    while (outstanding[nextIndex]) {
      nextIndex = (nextIndex + 1) % PriCapability.GROUPS;
    }
    int index = nextIndex;
    nextIndex = (nextIndex + 1) % PriCapability.GROUPS;
    outstanding[index] = true;
    sentNanos[index] = clock.getAsLong();
    outstandingCount++;
    return index;
  }

  /** A PRG Response. Unknown codes count as Response Failure. */
  void response(int index, int code) {
    if (!outstanding[index]) {
      config.unexpectedPageResponse();
      return;
    }
    statistics.pageRequestRoundTrip.record(clock.getAsLong() - sentNanos[index]);
    PendingTranslation translation = free(index);
    if (!config.pageRequestsEnabled()) {
      config.pageRequestsStopped(outstandingCount == 0);
    }
    if (translation == null) {
      return;
    }
    switch (code) {
      case PageResponseCode.SUCCESS -> answers.served(translation);
      case PageResponseCode.INVALID -> answers.refused(translation);
      default -> {
        config.pageResponseFailed();
        answers.refused(translation);
        disabled();
      }
    }
    if (config.pageRequestsEnabled()) {
      sendWithinAllocation();
    }
  }

  private @Nullable PendingTranslation free(int index) {
    PendingTranslation translation = groups[index];
    groups[index] = null;
    outstanding[index] = false;
    outstandingCount--;
    return translation;
  }

  /** The interface is disabled: nobody waits for its answers any more, though they may come. */
  void disabled() {
    List<PendingTranslation> waiting = new ArrayList<>(withoutCredit);
    withoutCredit.clear();
    for (int index = 0; index < PriCapability.GROUPS; index++) {
      PendingTranslation translation = groups[index];
      if (translation != null) {
        groups[index] = null;
        waiting.add(translation);
      }
    }
    config.pageRequestsStopped(outstandingCount == 0);
    waiting.forEach(answers::refused);
  }

  /** Forgets the outstanding requests, as the Reset bit and a reset of the function do. */
  void reset() {
    withoutCredit.clear();
    for (int index = 0; index < PriCapability.GROUPS; index++) {
      groups[index] = null;
      outstanding[index] = false;
    }
    outstandingCount = 0;
  }
}
