package org.smmulator.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test of a class, or one test, a machine of its own: started before its
 * {@code @BeforeEach} methods, closed after its {@code @AfterEach} methods, its verdict checked
 * then. Methods of the test, of {@code @BeforeEach} and {@code @AfterEach} get it as a parameter of
 * type {@link org.smmulator.api.Smmulator}, and its guest as one of type {@link
 * org.smmulator.guest.GuestKernel}. An annotation of a method counts instead of its class's.
 *
 * <p>The machine listens on a free port of the loopback address, so that tests can run beside each
 * other, unless {@link #with} sets {@code bus.listen}.
 *
 * <p>A test of a {@link #simulated} machine runs inside of it, as its first task: it can use the
 * guest directly, and wait for it. If it fails its seed is printed, and added to the failure as a
 * suppressed exception. The system property {@code smmulator.seed} repeats it.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
@ExtendWith(SmmulatorExtension.class)
public @interface SmmulatorMachine {
  /**
   * The machine file: a path from the folder that the tests run in, or the name of a file on the
   * class path, not inside of a jar.
   */
  String value() default "";

  /** What would stand in a machine file, in place of {@link #value}. */
  String yaml() default "";

  /**
   * Values in place of the file's, each {@code KEY=VALUE}, such as {@code smmu.tlbEntries=64}; as
   * {@code --set} of the command line.
   */
  String[] with() default {};

  /**
   * Whether the machine runs on virtual time, in an order that its seed decides. The test then runs
   * on the thread of the machine's first task: calls of other threads wait until it is over.
   * {@code @Timeout} ends it, and the machine with it; {@code assertTimeoutPreemptively} would call
   * the machine from such another thread.
   */
  boolean simulated() default false;

  /**
   * The seed of a simulated machine. Of a test that is repeated, or has parameters, the second
   * invocation has the next seed, and so on.
   */
  long seed() default 1;

  /**
   * Whether a test fails if, at its end, the machine's checks have found a violation that no {@code
   * expect} has named, an expectation of a scenario was not met, its time was over, an operation
   * did not end, or the model of a device in this process threw. A program that throws is in the
   * log, and what it left undone is the test's to find.
   */
  boolean verdict() default true;
}
