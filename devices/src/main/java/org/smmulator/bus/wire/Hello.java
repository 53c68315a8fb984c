package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;

/**
 * A device's first frame: magic, version, then type-length-value items of which unknown ones are
 * skipped. All sizes in bytes.
 *
 * @param requesterId the wanted bus, device and function, or {@link #ASSIGN}
 * @param model what the device is, such as {@code dma}
 * @param name what to call it in reports
 * @param maxFrameLength the largest frame length it takes
 * @param maxPayload MPS it supports, a power of two from 128 to 4096
 * @param maxReadRequest MRRS it wants, likewise
 * @param tagBits 5, 8 or 10
 */
public record Hello(
    int major,
    int minor,
    int requesterId,
    String model,
    String name,
    int maxFrameLength,
    int maxPayload,
    int maxReadRequest,
    int tagBits) {
  /** Wanted requester id of a device that takes what it is given. */
  public static final int ASSIGN = -1;

  /** Version of the protocol described here; versions of equal major understand each other. */
  public static final int MAJOR = 1;

  public static final int MINOR = 2;

  private static final int MODEL = 2;
  private static final int NAME = 3;
  private static final int MAX_FRAME_LENGTH = 4;

  /** A hello of this version with everything at its maximum. */
  public static Hello of(int requesterId, String model, String name) {
    return new Hello(MAJOR, MINOR, requesterId, model, name, Frame.MAX_LENGTH, 4096, 4096, 10);
  }

  void encode(ByteBuf out) {
    HelloItems.start(out, major, minor);
    if (requesterId != ASSIGN) {
      HelloItems.number(out, HelloItems.REQUESTER_ID, requesterId);
    }
    HelloItems.text(out, MODEL, model);
    HelloItems.text(out, NAME, name);
    HelloItems.number(out, MAX_FRAME_LENGTH, maxFrameLength);
    HelloItems.number(out, HelloItems.MAX_PAYLOAD, maxPayload);
    HelloItems.number(out, HelloItems.MAX_READ_REQUEST, maxReadRequest);
    HelloItems.number(out, HelloItems.TAG_BITS, tagBits);
  }

  static Hello decode(ByteBuf in) throws ProtocolException {
    HelloItems items = HelloItems.read(in);
    Hello hello =
        new Hello(
            items.major(),
            items.minor(),
            items.number(HelloItems.REQUESTER_ID, ASSIGN),
            items.text(MODEL),
            items.text(NAME),
            items.number(MAX_FRAME_LENGTH, Frame.MAX_LENGTH),
            items.number(HelloItems.MAX_PAYLOAD, 128),
            items.number(HelloItems.MAX_READ_REQUEST, 128),
            items.number(HelloItems.TAG_BITS, 8));
    HelloItems.checkId(hello.requesterId);
    HelloItems.checkSizes(hello.maxPayload, hello.maxReadRequest, hello.tagBits);
    if (hello.maxFrameLength < Frame.SMALLEST_MAX_LENGTH
        || hello.maxFrameLength < hello.maxPayload + HelloItems.HEADER_ROOM) {
      throw new ProtocolException("hello: frame length too small for its MPS");
    }
    return hello;
  }
}
