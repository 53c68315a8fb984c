/** What each command of the command queue does. */
@NullMarked
package org.smmulator.smmu.command;

import org.jspecify.annotations.NullMarked;
