package org.smmulator.guest.iommu;

import org.smmulator.guest.mm.OutOfMemory;

/** An operation refused, with the errno that Linux returns for it. */
public final class IommuException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The error numbers that the layer uses. */
  public enum Errno {
    EINVAL,
    EINTR,
    EIO,
    ENODEV,
    EEXIST,
    ENOMEM,
    ENOSPC,
    ERANGE,
    ESRCH,
    EBUSY,
    ETIMEDOUT,
    EDEADLK
  }

  private final Errno errno;

  public IommuException(Errno errno, String message) {
    super(message);
    this.errno = errno;
  }

  public IommuException(Errno errno, String message, Throwable cause) {
    super(message, cause);
    this.errno = errno;
  }

  /** ENOMEM, for the reason that the allocator gave. */
  public static IommuException of(OutOfMemory reason) {
    return new IommuException(Errno.ENOMEM, String.valueOf(reason.getMessage()));
  }

  public Errno errno() {
    return errno;
  }
}
