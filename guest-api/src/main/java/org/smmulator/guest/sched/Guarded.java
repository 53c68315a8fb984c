package org.smmulator.guest.sched;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The lock that must be held to touch the field; the guest's own locks, hence its own word. */
@Documented
@Retention(RetentionPolicy.SOURCE)
@Target(ElementType.FIELD)
public @interface Guarded {
  /** Name of the lock. */
  String by();
}
