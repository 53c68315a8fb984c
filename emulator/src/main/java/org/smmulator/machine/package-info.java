/**
 * One machine assembled from its configuration: hardware, guest kernel, device processes, scenario.
 * Beside {@code hunt} the only package of this module that knows the guest.
 */
@NullMarked
package org.smmulator.machine;

import org.jspecify.annotations.NullMarked;
