package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;

/**
 * The root complex's answer to a {@link Hello}: what is granted, and from here on checked on both
 * ends.
 *
 * @param requesterId the bus, device and function that the device is now
 * @param maxPayload MPS in bytes
 * @param maxReadRequest MRRS in bytes
 * @param tagBits 5, 8 or 10
 */
public record HelloAck(
    int major, int minor, int requesterId, int maxPayload, int maxReadRequest, int tagBits) {

  /** Grants a device this id and otherwise all it asked for. */
  public static HelloAck granting(Hello hello, int requesterId) {
    return new HelloAck(
        Hello.MAJOR,
        Hello.MINOR,
        requesterId,
        hello.maxPayload(),
        hello.maxReadRequest(),
        hello.tagBits());
  }

  void encode(ByteBuf out) {
    HelloItems.start(out, major, minor);
    HelloItems.number(out, HelloItems.REQUESTER_ID, requesterId);
    HelloItems.number(out, HelloItems.MAX_PAYLOAD, maxPayload);
    HelloItems.number(out, HelloItems.MAX_READ_REQUEST, maxReadRequest);
    HelloItems.number(out, HelloItems.TAG_BITS, tagBits);
  }

  static HelloAck decode(ByteBuf in) throws ProtocolException {
    HelloItems items = HelloItems.read(in);
    HelloAck ack =
        new HelloAck(
            items.major(),
            items.minor(),
            items.number(HelloItems.REQUESTER_ID, Hello.ASSIGN),
            items.number(HelloItems.MAX_PAYLOAD, 128),
            items.number(HelloItems.MAX_READ_REQUEST, 128),
            items.number(HelloItems.TAG_BITS, 8));
    if (ack.requesterId == Hello.ASSIGN) {
      throw new ProtocolException("hello answer without a requester id");
    }
    HelloItems.checkId(ack.requesterId);
    HelloItems.checkSizes(ack.maxPayload, ack.maxReadRequest, ack.tagBits);
    return ack;
  }
}
