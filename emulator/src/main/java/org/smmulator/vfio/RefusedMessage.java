package org.smmulator.vfio;

/** A message that is answered with an error; the session goes on. */
final class RefusedMessage extends Exception {
  private static final long serialVersionUID = 1L;

  private final int errno;

  RefusedMessage(int errno, String why) {
    super(why, null, false, false);
    this.errno = errno;
  }

  static RefusedMessage invalid(String why) {
    return new RefusedMessage(Errno.EINVAL, why);
  }

  int errno() {
    return errno;
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
