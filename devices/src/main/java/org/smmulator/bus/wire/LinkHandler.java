package org.smmulator.bus.wire;

import org.smmulator.bus.tlp.Tlp;

/**
 * What one end of a link is told, always on the link's loop and never from within a call to the
 * link. Frames reach it only if well-formed and in their place. An exception from here closes the
 * link and nothing else.
 */
public interface LinkHandler {
  /** The wire is there; first call. The device sends its hello now. */
  void connected(Link link);

  /** At the root complex: to be answered by {@link Link#sendHelloAck} or {@link Link#close}. */
  default void hello(Hello hello) {}

  /** At the device: packets may flow. */
  default void helloAck(HelloAck ack) {}

  /** A well-formed packet, valid during the call only. */
  void tlp(Tlp tlp);

  /** {@link DeviceCounter#SLOTS} counters in an array of the receiver's own. */
  default void stats(long[] counters) {}

  /** What a device dropped because of an Invalidate Request. */
  default void dropped(DroppedEntries dropped) {}

  /** At the device: to be answered with one {@link FrameKind#ATC_ENTRIES}. */
  default void atcRead(AtcRead question) {}

  /** At the root complex: a part of what a device's ATC holds. */
  default void atcEntries(AtcEntries part) {}

  /** A {@link ControlCode}, perhaps an unknown one. */
  default void control(int code) {}

  /** The peer's {@link ErrorCode} and sentence; {@link #closed} follows. */
  default void error(int code, String text) {}

  /** Everything that had arrived is handled; what was sent meanwhile is flushed after this. */
  default void readComplete() {}

  /** Last call, exactly once. */
  void closed(LinkEnd end);
}
