/**
 * The story of a run for people and tools, made of what the {@link org.smmulator.record.Recorder}
 * was told: lines of JSON, tables, traces.
 */
@NullMarked
package org.smmulator.story;

import org.jspecify.annotations.NullMarked;
