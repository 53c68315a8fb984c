package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.BYTES_WRITTEN;
import static org.smmulator.pcie.FunctionCounter.PEER_BYTES_WRITTEN;
import static org.smmulator.pcie.FunctionCounter.REFUSED;

import org.smmulator.bus.tlp.Tlp;
import org.smmulator.memory.Region;
import org.smmulator.memory.Response;

/**
 * The writes of one function to the memory space of others: the enabled bytes in aligned accesses
 * of at most 8 bytes, in ascending order. They leave at once, so what the function writes and reads
 * afterwards comes behind them.
 *
 * <p>The root complex has no more room for writes than a port has credits (Base Specification 2.6):
 * while {@link #MOST_BEHIND} bytes wait for the other function to take them, nothing more is taken
 * from the one that writes. It is held back for the completion time-out at most for each write, so
 * that a function that takes nothing stops no other one; such a one loses its link when it leaves
 * as much as no link may.
 */
final class PeerWrites {
  /** Some of the largest writes, once they are split. */
  static final int MOST_BEHIND = 256 << 10;

  /** How often it is asked whether the other function has caught up. */
  static final long LOOK_NANOS = 1_000_000L;

  private final AttachedFunction requester;
  private final RootComplex root;

  PeerWrites(AttachedFunction requester, RootComplex root) {
    this.requester = requester;
    this.root = root;
  }

  /**
   * Performs a write.
   *
   * @param pa of its first enabled byte, in the region
   */
  void perform(Tlp tlp, Region region, long pa) {
    int bytes = tlp.byteCountRequested();
    if (isTaken(tlp, region, pa)) {
      requester.count(BYTES_WRITTEN, bytes);
      requester.count(PEER_BYTES_WRITTEN, bytes);
    } else {
      requester.count(REFUSED);
    }
    if (root.router().isBehind(pa, bytes)) {
      requester.holdBack();
      lookAgain(pa, bytes, root.loop().nanoTime() + root.config().completionTimeoutNanos());
    }
  }

  private void lookAgain(long pa, int bytes, long until) {
    root.loop()
        .schedule(
            () -> {
              if (root.router().isBehind(pa, bytes) && root.loop().nanoTime() - until < 0) {
                lookAgain(pa, bytes, until);
              } else {
                requester.goOn();
              }
            },
            LOOK_NANOS);
  }

  /** Whether somebody takes all of it. */
  private static boolean isTaken(Tlp tlp, Region region, long pa) {
    long start = pa - (tlp.dataIndex() - tlp.payloadIndex());
    Response[] worst = {Response.OKAY};
    int offset = 0;
    while (offset < tlp.payloadBytes()) {
      int run = enabledFrom(tlp, offset);
      if (run == 0) {
        offset++;
      } else {
        int width = Aligned.width(start + offset, run);
        long value = tlp.littleEndian(tlp.payloadIndex() + offset, width);
        region.write(
            start + offset,
            width,
            value,
            response -> worst[0] = response == Response.OKAY ? worst[0] : response);
        offset += width;
      }
    }
    return worst[0] == Response.OKAY;
  }

  /** How many bytes are enabled without a gap; what is beyond 8 does not matter. */
  private static int enabledFrom(Tlp tlp, int offset) {
    int end = Math.min(tlp.payloadBytes(), offset + Long.BYTES);
    int at = offset;
    while (at < end && tlp.isByteEnabled(at)) {
      at++;
    }
    return at - offset;
  }
}
