/**
 * Translations beside those of devices: asked for by register (GATOS), and explained step by step.
 * They use the tables as they are in memory, and leave caches, statistics and queues alone.
 */
@NullMarked
package org.smmulator.smmu.explain;

import org.jspecify.annotations.NullMarked;
