package org.smmulator.vfio;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * What a client asks of the function itself: its regions and interrupts. No interrupt is signalled
 * through a descriptor, so there are none of any kind here; the function's messages go out as
 * writes.
 */
final class FunctionQuestions {
  private static final int DEVICE_BYTES = 16;
  private static final int REGION_BYTES = 32;
  private static final int INTERRUPT_BYTES = 16;
  private static final int SET_BYTES = 20;

  private static final int AT_FLAGS = 4;
  private static final int AT_INDEX = 8;
  private static final int AT_START = 12;
  private static final int AT_COUNT = 16;

  /** INTx, MSI, MSI-X, errors, requests to give the device back. */
  private static final int INTERRUPT_KINDS = 5;

  /** It can be reset, and is a PCI function. */
  private static final int DEVICE_FLAGS = 0b11;

  /** It can be read and written. */
  private static final int REGION_FLAGS = 0b11;

  // The flags of SET_IRQS: one bit of each.
  private static final int SET_DATA = 0b000_111;
  private static final int SET_ACTION = 0b111_000;

  private final ServedFunction function;

  FunctionQuestions(ServedFunction function) {
    this.function = function;
  }

  /** Answers DEVICE_GET_INFO. */
  ByteBuf device(ByteBuf body) throws RefusedMessage {
    requireRoom(body, DEVICE_BYTES);
    return Unpooled.buffer(DEVICE_BYTES)
        .writeIntLE(DEVICE_BYTES)
        .writeIntLE(DEVICE_FLAGS)
        .writeIntLE(ServedFunction.REGIONS)
        .writeIntLE(INTERRUPT_KINDS);
  }

  /** Answers DEVICE_GET_REGION_INFO. */
  ByteBuf region(ByteBuf body) throws RefusedMessage {
    requireRoom(body, REGION_BYTES);
    int index = index(body, ServedFunction.REGIONS, "region");
    long bytes = function.regionBytes(index);
    return Unpooled.buffer(REGION_BYTES)
        .writeIntLE(REGION_BYTES)
        .writeIntLE(bytes == 0 ? 0 : REGION_FLAGS)
        .writeIntLE(index)
        .writeIntLE(0)
        .writeLongLE(bytes)
        .writeLongLE(0);
  }

  /** Answers DEVICE_GET_IRQ_INFO. */
  ByteBuf interrupts(ByteBuf body) throws RefusedMessage {
    requireRoom(body, INTERRUPT_BYTES);
    int index = index(body, INTERRUPT_KINDS, "kind of interrupt");
    return Unpooled.buffer(INTERRUPT_BYTES)
        .writeIntLE(INTERRUPT_BYTES)
        .writeIntLE(0)
        .writeIntLE(index)
        .writeIntLE(0);
  }

  /** Performs DEVICE_SET_IRQS: to turn all of a kind off is what can be done. */
  void setInterrupts(ByteBuf body) throws RefusedMessage {
    requireRoom(body, SET_BYTES);
    int start = body.readerIndex();
    int flags = body.getIntLE(start + AT_FLAGS);
    boolean oneOfEach =
        Integer.bitCount(flags & SET_DATA) == 1 && Integer.bitCount(flags & SET_ACTION) == 1;
    if (!oneOfEach || (flags & ~(SET_DATA | SET_ACTION)) != 0) {
      throw RefusedMessage.invalid(
          String.format("flags 0x%x of SET_IRQS are not one kind of data and one action", flags));
    }
    int index = index(body, INTERRUPT_KINDS, "kind of interrupt");
    if (body.getIntLE(start + AT_START) != 0 || body.getIntLE(start + AT_COUNT) != 0) {
      throw RefusedMessage.invalid(
          "interrupts of kind "
              + index
              + " are to be set up, and there are none: messages are written to memory space");
    }
  }

  /** The body must be there, and there must be room for the answer. */
  private static void requireRoom(ByteBuf body, int bytes) throws RefusedMessage {
    int there = body.readableBytes();
    long argsz = there < Integer.BYTES ? 0 : body.getUnsignedIntLE(body.readerIndex());
    if (there < bytes || argsz < bytes) {
      throw RefusedMessage.invalid(
          String.format(
              "the body has %d bytes and argsz %d; both are at least %d", there, argsz, bytes));
    }
  }

  private static int index(ByteBuf body, int most, String what) throws RefusedMessage {
    int index = body.getIntLE(body.readerIndex() + AT_INDEX);
    if (index < 0 || index >= most) {
      throw RefusedMessage.invalid(
          "there is no "
              + what
              + " "
              + Integer.toUnsignedString(index)
              + "; the last is "
              + --most);
    }
    return index;
  }
}
