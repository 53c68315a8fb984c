/**
 * What runs a device's tasks and tells its time. The rest of the device side creates no threads and
 * reads no clock, so that a deterministic execution can take the place of this one.
 */
@NullMarked
package org.smmulator.device.execution;

import org.jspecify.annotations.NullMarked;
