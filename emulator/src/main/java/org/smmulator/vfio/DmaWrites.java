package org.smmulator.vfio;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.counter.Tally;

/** The commands that go the other way: writes to the client's addresses, and their replies. */
final class DmaWrites {
  /** Writes that may wait for their reply. */
  static final int MOST_PENDING = 256;

  private static final int IDS = 1 << 16;
  private static final int HEAD_BYTES = 16;

  /** As the text of the protocol has it, whose count is shorter. */
  private static final int SHORT_HEAD_BYTES = 12;

  private final Tally<VfioCounter> tally;
  private final Map<Integer, Pending> pending = new HashMap<>();
  private int lastId;

  private record Pending(long address, int bytes, IntConsumer end) {
    /** Clients answer with address and count, the count alone shorter, or with nothing. */
    boolean isAnsweredBy(ByteBuf body) {
      int start = body.readerIndex();
      return switch (body.readableBytes()) {
        case 0 -> true;
        case SHORT_HEAD_BYTES ->
            body.getLongLE(start) == address && body.getIntLE(start + 8) == bytes;
        case HEAD_BYTES -> body.getLongLE(start) == address && body.getLongLE(start + 8) == bytes;
        default -> false;
      };
    }
  }

  DmaWrites(Tally<VfioCounter> tally) {
    this.tally = tally;
  }

  /** The message of {@link VfioClient#dmaWrite}, unless too many are under way. */
  @Nullable ByteBuf begin(long address, byte[] data, IntConsumer end) {
    if (pending.size() >= MOST_PENDING) {
      return null;
    }
    do {
      lastId = (lastId + 1) % IDS;
    } while (pending.containsKey(lastId));
    pending.put(lastId, new Pending(address, data.length, end));
    ByteBuf message = Unpooled.buffer(VfioHeader.BYTES + HEAD_BYTES + data.length);
    VfioHeader.writeCommand(message, lastId, VfioCommand.DMA_WRITE, HEAD_BYTES + data.length);
    message.writeLongLE(address).writeLongLE(data.length).writeBytes(data);
    tally.count(VfioCounter.DMA_WRITES);
    return message;
  }

  /**
   * A reply has come.
   *
   * @return whether it belongs to one of these
   */
  boolean replied(ByteBuf message) {
    boolean isWrite = VfioHeader.command(message) == VfioCommand.DMA_WRITE.number;
    Pending write = isWrite ? pending.remove(VfioHeader.id(message)) : null;
    if (write == null) {
      return false;
    }
    int errno = VfioHeader.errno(message);
    boolean answers = errno != 0 || write.isAnsweredBy(message.skipBytes(VfioHeader.BYTES));
    int end = answers ? errno : Errno.EIO;
    if (end != 0) {
      tally.count(VfioCounter.DMA_WRITES_REFUSED);
    }
    write.end.accept(end);
    return answers;
  }
}
