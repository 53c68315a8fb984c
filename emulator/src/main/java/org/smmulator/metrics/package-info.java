/**
 * What a machine has counted, for people and programs: an immutable summary, its tables, its JSON,
 * and the meters that follow it. The core knows none of this; it hands out plain counters.
 */
@NullMarked
package org.smmulator.metrics;

import org.jspecify.annotations.NullMarked;
