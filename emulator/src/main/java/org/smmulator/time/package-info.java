/** The hardware's thread and its time. */
@NullMarked
package org.smmulator.time;

import org.jspecify.annotations.NullMarked;
