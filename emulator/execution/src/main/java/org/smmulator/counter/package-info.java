/**
 * Counts as rows: a subsystem lists what it counts in an enum of {@link
 * org.smmulator.counter.CounterRow}s, each with a unit and a meaning, and hands out {@link
 * org.smmulator.counter.Counts} of them. Whoever shows counts goes over the rows, so that a new one
 * is shown everywhere and none can take the place of another.
 */
@NullMarked
package org.smmulator.counter;

import org.jspecify.annotations.NullMarked;
