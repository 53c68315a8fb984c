/** Entries of the event queue and of the PRI queue. */
@NullMarked
package org.smmulator.arch.event;

import org.jspecify.annotations.NullMarked;
