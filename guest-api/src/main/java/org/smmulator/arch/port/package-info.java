/** Where software meets hardware: the guest's only way to the machine. */
@NullMarked
package org.smmulator.arch.port;

import org.jspecify.annotations.NullMarked;
