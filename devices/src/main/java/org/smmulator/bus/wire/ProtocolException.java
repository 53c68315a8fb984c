package org.smmulator.bus.wire;

/** The peer broke the protocol: the link is closed with this code and text. */
final class ProtocolException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int code;

  ProtocolException(String text) {
    this(ErrorCode.MALFORMED, text);
  }

  ProtocolException(int code, String text) {
    super(text, null, false, false);
    this.code = code;
  }

  int code() {
    return code;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
