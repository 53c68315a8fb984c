package org.smmulator.smmu.port;

import java.util.ArrayDeque;
import java.util.LinkedHashSet;

/**
 * Accesses that were translated and are performed later, such as reads of a device on a link. A
 * CMD_SYNC waits for those that began before it, because an invalidated translation may have led
 * them where they go (IHI 0070 4.7.3), and so does the DVM Sync of a CPU; neither waits for a later
 * one, so that it ends however many there are.
 */
public final class AccessesUnderWay {
  private static final long NONE = -1;

  /** Somebody who waits for the accesses that are older. */
  private record Waiting(long barrier, Runnable done) {}

  private final SmmuOutputs outputs;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  /** By number, in the order in which they began. */
  private final LinkedHashSet<Long> underWay = new LinkedHashSet<>();

  private long next;

  /** The first access that the CMD_SYNC that waits does not wait for. */
  private long syncBarrier = NONE;

  public AccessesUnderWay(SmmuOutputs outputs) {
    this.outputs = outputs;
  }

  /**
   * An access begins.
   *
   * @return its number, for {@link #end}
   */
  public long begin() {
    underWay.add(next);
    return next++;
  }

  /** An access was performed, or never will be. */
  public void end(long access) {
    underWay.remove(access);
    while (!waiting.isEmpty() && areOver(waiting.element().barrier)) {
      waiting.remove().done.run();
    }
    if (syncBarrier != NONE && !holdSyncBack()) {
      outputs.workAvailable();
    }
  }

  private boolean areOver(long barrier) {
    return underWay.isEmpty() || underWay.iterator().next() >= barrier;
  }

  /** Tells when all accesses are over that are under way now. */
  public void whenOver(Runnable done) {
    if (underWay.isEmpty()) {
      done.run();
    } else {
      waiting.add(new Waiting(next, done));
    }
  }

  /** Whether a CMD_SYNC still waits. */
  public boolean holdSyncBack() {
    return syncBarrier != NONE && !areOver(syncBarrier);
  }

  /** Whether all accesses are over that began before a CMD_SYNC, which asks until they are. */
  public boolean areOverForSync() {
    if (syncBarrier == NONE) {
      syncBarrier = next;
    }
    boolean over = areOver(syncBarrier);
    if (over) {
      syncBarrier = NONE;
    }
    return over;
  }

  /** A CMD_SYNC that waited is as if never fetched. */
  public void forgetSync() {
    syncBarrier = NONE;
  }
}
