/**
 * A machine as a library: started from a machine file or from text, driven by programs and steps,
 * asked for what it counted, found and told. It prints nothing, reads no arguments and ends no JVM.
 */
@NullMarked
package org.smmulator.api;

import org.jspecify.annotations.NullMarked;
