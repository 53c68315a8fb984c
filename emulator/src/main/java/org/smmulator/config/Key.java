package org.smmulator.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a machine file may say for one record component. Numbers without bounds are refused. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** One sentence for the schema; the reference file explains at more length. */
  String meaning();

  String unit() default "";

  /** The default as YAML. Empty: the key is required, unless it is {@link #nullable}. */
  String fallback() default "";

  /** Whether {@code null} is a value; without a {@link #fallback} it is also the default. */
  boolean nullable() default false;

  long min() default 0;

  long max() default -1;

  /** Only powers of two, and 0 if {@link #min} is 0. */
  boolean powerOfTwo() default false;

  /** The only right numbers, where a range does not say it. */
  long[] oneOf() default {};

  /** A word that may stand for the number 0. */
  String wordForZero() default "";

  Syntax syntax() default Syntax.TEXT;

  /** Whether a list must have an element. */
  boolean nonEmpty() default false;

  /** Whether the section may be this value alone: {@code guest: external}. */
  boolean shorthand() default false;
}
