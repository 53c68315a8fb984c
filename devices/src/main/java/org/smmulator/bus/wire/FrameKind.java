package org.smmulator.bus.wire;

import org.jspecify.annotations.Nullable;

/** What the body of a frame is. */
public enum FrameKind {
  /** The device's first frame: {@link Hello}. */
  HELLO(1),
  /** The root complex's answer: {@link HelloAck}. */
  HELLO_ACK(2),
  /** One transaction layer packet. */
  TLP(3),
  /** Cumulative counters of the device: {@link DeviceCounter}. */
  STATS(4),
  /** A {@link ControlCode}. */
  CONTROL(5),
  /** An {@link ErrorCode} and a sentence; the sender closes the link after it. */
  ERROR(6),
  /** What an Invalidate Request made the device drop: {@link DroppedEntries}. */
  DROPPED(7),
  /** The root complex's question what the device's ATC holds: {@link AtcRead}. */
  ATC_READ(8),
  /** The device's answer to one: {@link AtcEntries}. */
  ATC_ENTRIES(9);

  private static final @Nullable FrameKind[] BY_CODE = new @Nullable FrameKind[10];

  static {
    for (FrameKind kind : values()) {
      BY_CODE[kind.code] = kind;
    }
  }

  private final int code;

  FrameKind(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  /** Whether it has no place before the hello is answered. */
  boolean comesAfterGreeting() {
    return this != HELLO && this != HELLO_ACK && this != ERROR;
  }

  static @Nullable FrameKind of(int code) {
    return code < BY_CODE.length ? BY_CODE[code] : null;
  }
}
