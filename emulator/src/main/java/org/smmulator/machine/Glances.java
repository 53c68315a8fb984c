package org.smmulator.machine;

/**
 * How people look at a scenario that runs.
 *
 * @param nanos time between two looks at how far it is
 * @param realTime whether the time of the run is that of people
 */
record Glances(long nanos, boolean realTime) {}
