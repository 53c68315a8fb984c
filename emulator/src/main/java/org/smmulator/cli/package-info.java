/** The command line. */
@NullMarked
package org.smmulator.cli;

import org.jspecify.annotations.NullMarked;
