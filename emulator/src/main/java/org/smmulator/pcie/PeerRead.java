package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.BYTES_READ;
import static org.smmulator.pcie.FunctionCounter.PEER_BYTES_READ;
import static org.smmulator.pcie.FunctionCounter.REFUSED;

import io.netty.buffer.ByteBuf;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.memory.Region;
import org.smmulator.memory.Response;

/**
 * A function's read of another one's memory space. The root complex is its completer and reads from
 * the other function on its own behalf: in aligned accesses of at most 8 bytes, as it may split
 * (Base Specification 1.3.1), in ascending order. When all are over the function is sent all of the
 * data, or the first failure.
 */
final class PeerRead {
  private final PeerReads reads;
  private final long transaction;
  private final long address;
  private final int bytes;
  private final Region region;
  private final long pa;

  /** After which no access begins. */
  private final long deadline;

  /** Resets of the function before it. */
  private final int resets;

  /** As the SMMU knows it. */
  private final long access;

  private byte[] data = new byte[0];
  private int asked;
  private boolean allAsked;
  private int underWay;
  private Response response = Response.OKAY;

  /**
   * @param pa of its first byte, in the region
   * @param access as the SMMU knows it
   */
  PeerRead(PeerReads reads, Tlp tlp, Region region, long pa, long access) {
    this.reads = reads;
    this.transaction = tlp.transaction();
    this.address = tlp.firstByteAddress();
    this.bytes = tlp.byteCountRequested();
    this.region = region;
    this.pa = pa;
    this.deadline = reads.deadline();
    this.resets = reads.resets();
    this.access = access;
  }

  int resets() {
    return resets;
  }

  long access() {
    return access;
  }

  /**
   * Begins the next access. One of no bytes has one nevertheless: it pushes ahead what was written
   * before (2.2.5).
   *
   * @return false if there is none, or it would be in vain
   */
  boolean ask() {
    if (asked == 0) {
      data = new byte[bytes];
    }
    boolean more = asked < Math.max(1, bytes) && response == Response.OKAY;
    if (more && reads.isLate(deadline)) {
      response = Response.SLVERR;
      more = false;
    }
    if (!more || !reads.isAwaited(this)) {
      allAsked = true;
      endIfOver();
      return false;
    }
    int at = asked;
    int width = bytes == 0 ? 0 : Aligned.width(pa + at, bytes - at);
    asked += Math.max(1, width);
    underWay++;
    region.read(pa + at, width, (answer, value) -> answered(at, width, answer, value));
    return true;
  }

  private void answered(int at, int width, Response answer, long value) {
    underWay--;
    if (response == Response.OKAY) {
      response = answer;
    }
    for (int i = 0; i < width; i++) {
      data[at + i] = (byte) (value >>> (i * Byte.SIZE));
    }
    endIfOver();
    reads.answered();
  }

  private void endIfOver() {
    if (allAsked && underWay == 0) {
      reads.ended(this);
    }
  }

  /** Tells the function how it ended. */
  void answer(AttachedFunction requester) {
    switch (response) {
      case OKAY -> complete(requester);
      case SLVERR -> refuse(requester, CompletionStatus.CA);
      case DECERR -> refuse(requester, CompletionStatus.UR);
    }
  }

  private void refuse(AttachedFunction requester, int status) {
    requester.count(REFUSED);
    ByteBuf out = requester.begin();
    TlpWriter.completion(out, RequesterId.ROOT, transaction, status, bytes);
    requester.endAndFlush();
  }

  private void complete(AttachedFunction requester) {
    int sent = 0;
    do {
      int chunk = requester.config.completionBytes(address + sent, bytes - sent);
      ByteBuf out = requester.begin();
      int index =
          TlpWriter.completionData(
              out, RequesterId.ROOT, transaction, bytes - sent, address + sent, chunk);
      out.setBytes(index, data, sent, chunk);
      requester.endAndFlush();
      sent += chunk;
    } while (sent < bytes);
    requester.count(BYTES_READ, bytes);
    requester.count(PEER_BYTES_READ, bytes);
  }
}
