package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.PEER_READS_DROPPED;

import java.util.ArrayDeque;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.memory.Region;

/**
 * The reads of one function in the memory space of others, performed in their order. So that
 * functions cannot take each other's tags {@link #MOST_UNDER_WAY} accesses are made at a time; what
 * is beyond {@link #MOST} reads is refused. No write waits for a read (Base Specification 2.4.1).
 * CMD_SYNCs wait for reads: no access of one begins when the completion time-out is over, and each
 * access has that time, so that a read is over after twice of it, whatever the other function does.
 *
 * <p>A function that is reset or gone is sent no answer any more.
 */
final class PeerReads {
  /** As many as a function has tags. */
  static final int MOST = 1024;

  static final int MOST_UNDER_WAY = 64;

  private final AttachedFunction requester;
  private final RootComplex root;

  /** Those that have accesses to begin, perhaps. */
  private final ArrayDeque<PeerRead> toAsk = new ArrayDeque<>();

  private int reads;
  private int underWay;
  private boolean asking;
  private int resets;

  PeerReads(AttachedFunction requester, RootComplex root) {
    this.requester = requester;
    this.root = root;
  }

  /**
   * Begins a read, now or later.
   *
   * @param pa of its first byte, in the region
   * @return false if there are too many
   */
  boolean begin(Tlp tlp, Region region, long pa) {
    if (reads == MOST) {
      return false;
    }
    reads++;
    toAsk.add(new PeerRead(this, tlp, region, pa, root.agent().accessBegins()));
    ask();
    return true;
  }

  /** Begins accesses; an answer that comes at once leads to no further ones on its own stack. */
  private void ask() {
    if (asking) {
      return;
    }
    asking = true;
    while (underWay < MOST_UNDER_WAY && !toAsk.isEmpty()) {
      underWay++;
      if (!toAsk.element().ask()) {
        underWay--;
        toAsk.remove();
      }
    }
    asking = false;
  }

  /** What was asked before is not answered any more. */
  void forget() {
    resets++;
    ask();
  }

  // What one read asks.

  int resets() {
    return resets;
  }

  long deadline() {
    return root.loop().nanoTime() + root.config().completionTimeoutNanos();
  }

  boolean isLate(long deadline) {
    return root.loop().nanoTime() - deadline >= 0;
  }

  /** Whether the function still waits for the answer. */
  boolean isAwaited(PeerRead read) {
    return read.resets() == resets;
  }

  /** One access is over. */
  void answered() {
    underWay--;
    ask();
  }

  /** All accesses of a read are over. */
  void ended(PeerRead read) {
    reads--;
    if (!isAwaited(read)) {
      requester.count(PEER_READS_DROPPED);
    } else {
      read.answer(requester);
    }
    root.agent().accessEnds(read.access());
  }
}
