package org.smmulator.qmp;

/** Why a command is answered with an error. */
@SuppressWarnings("serial") // never serialised
final class QmpException extends Exception {
  /** Its class, of the two that programs tell apart. */
  enum Kind {
    COMMAND_NOT_FOUND("CommandNotFound"),
    GENERIC_ERROR("GenericError");

    final String spelled;

    Kind(String spelled) {
      this.spelled = spelled;
    }
  }

  private final Kind kind;

  QmpException(Kind kind, String sentence) {
    super(sentence, null, false, false);
    this.kind = kind;
  }

  static QmpException wrong(String sentence) {
    return new QmpException(Kind.GENERIC_ERROR, sentence);
  }

  Kind kind() {
    return kind;
  }
}
