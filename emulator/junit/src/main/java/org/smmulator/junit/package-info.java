/**
 * Machines in JUnit 5 tests: {@link org.smmulator.junit.SmmulatorMachine} on a class or a method
 * gives each test a machine of its own.
 */
@NullMarked
package org.smmulator.junit;

import org.jspecify.annotations.NullMarked;
