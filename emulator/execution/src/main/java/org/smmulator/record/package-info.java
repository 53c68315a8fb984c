/**
 * The story of a run as typed events: whoever does something tells the {@link
 * org.smmulator.record.Recorder} in primitives, with a cause; readers make text, JSON and tables of
 * it from the row of its {@link org.smmulator.record.EventKind}. Off, it is one look at a field.
 */
@NullMarked
package org.smmulator.record;

import org.jspecify.annotations.NullMarked;
