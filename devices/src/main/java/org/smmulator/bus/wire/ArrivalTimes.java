package org.smmulator.bus.wire;

/** When the frames of one direction of a link arrive, so that none passes what it must not. */
final class ArrivalTimes {
  private long posted;
  private long noPacket;
  private long last;

  /**
   * The time of arrival of the next frame.
   *
   * @param earliest when it would arrive if nothing were before it
   */
  long of(FrameClass frame, long earliest) {
    long at =
        switch (frame) {
          case POSTED, NON_POSTED -> Math.max(earliest, Math.max(posted, noPacket));
          case COMPLETION, NO_PACKET -> Math.max(earliest, last);
        };
    switch (frame) {
      case POSTED -> posted = at;
      case NO_PACKET -> noPacket = at;
      case NON_POSTED, COMPLETION -> {}
    }
    last = Math.max(last, at);
    return at;
  }

  /** When everything sent so far has arrived. */
  long last() {
    return last;
  }
}
