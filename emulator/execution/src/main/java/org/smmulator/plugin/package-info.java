/**
 * What jars add to the parts that this project brings along, on the class path or in folders of
 * plug-ins, and how their code is called so that it harms itself alone.
 */
@NullMarked
package org.smmulator.plugin;

import org.jspecify.annotations.NullMarked;
