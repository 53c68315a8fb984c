package org.smmulator.guest.sched;

/** What a task may do at the moment. */
public enum Context {
  /** A spin lock is held: no sleeping. */
  ATOMIC,
  /** Inside an SRCU read section: sleeping is allowed, waiting for that grace period is not. */
  SRCU_READ,
  SLEEPABLE
}
