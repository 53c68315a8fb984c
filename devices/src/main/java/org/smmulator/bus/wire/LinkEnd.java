package org.smmulator.bus.wire;

/**
 * Why a link is over.
 *
 * @param text a sentence for people, without the peer's name
 */
public record LinkEnd(Cause cause, String text) {
  /** Who ended it. */
  public enum Cause {
    /** The connection is gone, between two frames or within one. */
    LOST,
    /** The peer closed the link and said why, in an ERROR frame. */
    CLOSED_BY_PEER,
    /** This end closed the link: it detaches, stops, or has no place for the peer. */
    CLOSED_HERE,
    /** This end closed the link because the peer broke the protocol, or said no hello in time. */
    BROKE_PROTOCOL,
    /** This end closed the link because the peer does not read what it is sent. */
    DOES_NOT_READ,
    /** This end closed the link because it failed itself. */
    FAILED_HERE
  }

  /** The end of a link that this end closes with an {@link ErrorCode}. */
  static LinkEnd closing(int errorCode, String text) {
    return new LinkEnd(
        switch (errorCode) {
          case ErrorCode.VERSION, ErrorCode.MALFORMED, ErrorCode.NO_HELLO -> Cause.BROKE_PROTOCOL;
          case ErrorCode.NOT_READING -> Cause.DOES_NOT_READ;
          case ErrorCode.INTERNAL -> Cause.FAILED_HERE;
          default -> Cause.CLOSED_HERE;
        },
        text);
  }

  @Override
  public String toString() {
    return text;
  }
}
