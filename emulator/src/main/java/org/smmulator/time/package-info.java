/** Hardware whose time somebody else owns, such as a program at the guest port. */
@NullMarked
package org.smmulator.time;

import org.jspecify.annotations.NullMarked;
