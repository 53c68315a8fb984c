/**
 * What runs things and tells the time: {@link org.smmulator.execution.Execution} runs tasks, which
 * wait; {@link org.smmulator.execution.Loop} runs steps, which do not. Guest, devices, links and
 * hardware stand on these two and on nothing else, so that a whole machine runs on threads and the
 * wall clock, or under {@link org.smmulator.execution.DeterministicExecution} on virtual time, in
 * an order that an {@link org.smmulator.execution.Order} decides. Threads and the system clock
 * belong here.
 */
@NullMarked
package org.smmulator.execution;

import org.jspecify.annotations.NullMarked;
