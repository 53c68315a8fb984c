package org.smmulator.smmu.fault;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;

/**
 * Transactions that a fault has stalled (IHI 0070 3.12.2, 4.8). Each is in one of three states:
 *
 * <ul>
 *   <li>reported: its record is in the event queue under a STAG, and it waits for CMD_RESUME. There
 *       are at most IDR5.STALL_MAX of these, each with another STAG.
 *   <li>a follower: a reported one of the same {stream, substream, page, kind of access} speaks for
 *       it. It is retried when that one is resumed, whatever becomes of that one.
 *   <li>unreported: there was no room for its record. As soon as there is, it is retried, and
 *       reported only if it faults again: the record never shows a state that is gone.
 * </ul>
 *
 * <p>A client that goes away takes with it what it sent ({@link #withdraw}). A STAG that software
 * knows stays in use until software has answered, and the answer then does nothing.
 *
 * <p>STAGs are given out in turn, so that a number comes back as late as possible. At most {@link
 * #CAPACITY} transactions are held, whatever devices send; the next one is not taken. On the
 * hardware's thread.
 */
public final class StalledTransactions implements Stalls {
  /** Transactions held at a time. */
  public static final int CAPACITY = 1 << 14;

  private static final int STAGS = 1 << 16;
  private static final int PAGE_SHIFT = 12;

  /** Translates a transaction as if it were new; it may stall again. */
  public interface Retry {
    void retry(Transaction tx);
  }

  /** What makes two transactions the same to software: one record is enough for both. */
  private record Access(
      int streamId,
      int substreamId,
      long page,
      boolean write,
      boolean privileged,
      boolean execute) {
    static Access of(Transaction tx) {
      return new Access(
          tx.streamId(),
          tx.substreamId(),
          tx.address() >>> PAGE_SHIFT,
          tx.write(),
          tx.effectivePrivileged(),
          tx.effectiveExecute() && !tx.write());
    }
  }

  private static final class Stalled {
    final Transaction tx = new Transaction();
    final long ticket;
    final List<Stalled> followers = new ArrayList<>();

    /** Of one that is reported. */
    @Nullable Access access;

    /** Its client is gone: only the STAG is left. */
    boolean withdrawn;

    Stalled(Transaction from, long ticket) {
      tx.copyRequest(from);
      this.ticket = ticket;
    }
  }

  private final EventRecorder events;
  private final SmmuOutputs outputs;
  private final Retry retry;
  private final int stallMax;
  private final boolean canReadAsZero;

  /** By STAG, in the order of their records. */
  private final Map<Integer, Stalled> reported = new LinkedHashMap<>();

  private final Map<Access, Stalled> reportedAccesses = new HashMap<>();
  private final ArrayDeque<Stalled> unreported = new ArrayDeque<>();
  private int held;
  private long stalls;
  private long nextTicket = 1;
  private int nextStag;

  /** The one that is being retried; if it stalls again, it keeps its ticket. */
  private @Nullable Stalled retried;

  public StalledTransactions(
      SmmuFeatures features, EventRecorder events, SmmuOutputs outputs, Retry retry) {
    this.events = events;
    this.outputs = outputs;
    this.retry = retry;
    this.stallMax = features.stallMax();
    this.canReadAsZero = !features.has(Feature.TERM_MODEL);
  }

  @Override
  public boolean stall(Transaction tx, Fault fault) {
    Stalled stalled = retried;
    if (stalled == null || stalled.tx != tx) {
      if (held == CAPACITY) {
        return false;
      }
      stalled = new Stalled(tx, nextTicket++);
      held++;
      stalls++;
    }
    Access access = Access.of(tx);
    Stalled first = reportedAccesses.get(access);
    if (first != null) {
      first.followers.add(stalled);
    } else if (!report(stalled, access, tx, fault)) {
      unreported.add(stalled);
    }
    stalled.tx.stalled(fault.type(), stalled.ticket);
    tx.stalled(fault.type(), stalled.ticket);
    return true;
  }

  private boolean report(Stalled stalled, Access access, Transaction tx, Fault fault) {
    if (reported.size() == stallMax) {
      return false;
    }
    while (reported.containsKey(nextStag)) {
      nextStag = (nextStag + 1) % STAGS;
    }
    if (!events.recordStall(fault, tx, nextStag)) {
      return false;
    }
    stalled.access = access;
    reported.put(nextStag, stalled);
    reportedAccesses.put(access, stalled);
    nextStag = (nextStag + 1) % STAGS;
    return true;
  }

  /**
   * CMD_RESUME; nothing if no transaction of the stream has this STAG.
   *
   * @param again to retry it; otherwise it is terminated
   * @param abort of one that is terminated: with an abort, and not as RAZ/WI
   */
  public void resume(int streamId, int stag, boolean again, boolean abort) {
    Stalled stalled = reported.get(stag);
    if (stalled == null || stalled.tx.streamId() != streamId) {
      return;
    }
    reported.remove(stag);
    if (stalled.withdrawn) {
      reportMore();
      return;
    }
    reportedAccesses.remove(stalled.access);
    List<Stalled> followers = List.copyOf(stalled.followers);
    stalled.followers.clear();
    if (again) {
      retry(stalled);
    } else {
      terminate(stalled, !abort && canReadAsZero);
    }
    followers.forEach(this::retry);
    reportMore();
  }

  /** CMD_STALL_TERM: everything of a stream ends with an abort. */
  public void terminate(int streamId) {
    List<Stalled> all = takeFrom(streamId);
    reported.values().removeIf(stalled -> stalled.tx.streamId() == streamId);
    all.forEach(this::terminateWithFollowers);
    reportMore();
  }

  /** The client of a stream is gone: everything of it ends with an abort, and STAGs stay in use. */
  public void withdraw(int streamId) {
    List<Stalled> all = takeFrom(streamId);
    all.forEach(stalled -> stalled.withdrawn = true);
    all.forEach(this::terminateWithFollowers);
  }

  /** What a stream has, but for followers; what is told of it may send others, which find none. */
  private List<Stalled> takeFrom(int streamId) {
    List<Stalled> all = new ArrayList<>();
    for (Stalled stalled : reported.values()) {
      if (stalled.tx.streamId() == streamId && !stalled.withdrawn) {
        reportedAccesses.remove(stalled.access);
        all.add(stalled);
      }
    }
    for (Stalled stalled : unreported) {
      if (stalled.tx.streamId() == streamId) {
        all.add(stalled);
      }
    }
    unreported.removeIf(stalled -> stalled.tx.streamId() == streamId);
    return all;
  }

  /** SMMUEN became 0, or power was off: everything ends with an abort, and all STAGs are free. */
  public void terminateAll() {
    List<Stalled> all = new ArrayList<>(reported.values());
    all.removeIf(stalled -> stalled.withdrawn);
    all.addAll(unreported);
    reported.clear();
    reportedAccesses.clear();
    unreported.clear();
    all.forEach(this::terminateWithFollowers);
  }

  /** The event queue may have room again: retries those that could not be reported. */
  public void reportMore() {
    while (!unreported.isEmpty() && reported.size() < stallMax && events.isWritable()) {
      retry(unreported.remove());
    }
  }

  /** Transactions that were held so far. */
  public long stalls() {
    return stalls;
  }

  /** Transactions that are held. */
  public int stalledNow() {
    return held;
  }

  private void retry(Stalled stalled) {
    retried = stalled;
    retry.retry(stalled.tx);
    retried = null;
    if (stalled.tx.outcome() != Transaction.Outcome.STALLED) {
      finish(stalled);
    }
  }

  private void terminateWithFollowers(Stalled stalled) {
    List<Stalled> followers = List.copyOf(stalled.followers);
    stalled.followers.clear();
    terminate(stalled, false);
    followers.forEach(follower -> terminate(follower, false));
  }

  private void terminate(Stalled stalled, boolean razWi) {
    stalled.tx.terminated(razWi);
    finish(stalled);
  }

  private void finish(Stalled stalled) {
    held--;
    outputs.transactionResumed(stalled.tx);
  }
}
