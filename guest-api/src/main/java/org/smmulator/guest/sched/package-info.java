/**
 * The guest kernel's primitives: tasks, locks, wait queues, work queues, SRCU. Built once on {@link
 * org.smmulator.execution.Execution} and atomics, so that Java threads ({@link
 * org.smmulator.execution.ThreadExecution}) and the seeded scheduler on virtual time ({@link
 * org.smmulator.execution.DeterministicExecution}) share them. They know whether the caller may
 * sleep and in which order lock classes are taken, and throw when a rule is broken. {@link
 * org.smmulator.guest.sched.LockOrder} is the order of the kernel's locks.
 */
@NullMarked
package org.smmulator.guest.sched;

import org.jspecify.annotations.NullMarked;
