package org.smmulator.vfio;

/** Error numbers of Linux, by which replies say what is wrong. */
public final class Errno {
  public static final int ENOENT = 2;
  public static final int EIO = 5;
  public static final int E2BIG = 7;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int EINVAL = 22;
  public static final int ENOSPC = 28;
  public static final int EOPNOTSUPP = 95;

  private Errno() {}
}
