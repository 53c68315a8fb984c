package org.smmulator.guest.sched;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The lock that must be held to touch the field; the guest's own locks, hence its own word. {@code
 * GuardedFieldsTest} holds all code against it: whoever touches the field takes that lock itself,
 * or is called {@code ...Locked} and so are its callers, up to one that takes it.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.FIELD)
public @interface Guarded {
  /** Name of the lock: a field of the same class, or {@code Class.field} of another. */
  String by();
}
