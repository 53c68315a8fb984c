/**
 * One machine assembled from its configuration: hardware, guest kernel, device processes, scenario.
 * With {@code hunt} and {@code api} the only package of this module that drives the guest.
 */
@NullMarked
package org.smmulator.machine;

import org.jspecify.annotations.NullMarked;
