/** Entries of the command queue. */
@NullMarked
package org.smmulator.arch.command;

import org.jspecify.annotations.NullMarked;
