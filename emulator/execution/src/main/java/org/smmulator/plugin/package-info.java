/** What jars on the class path add to the parts that this project brings along. */
@NullMarked
package org.smmulator.plugin;

import org.jspecify.annotations.NullMarked;
