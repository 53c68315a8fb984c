/**
 * How packets travel between a device and the machine: frames on a stream, the hello, statistics,
 * and the three wires (TCP, UNIX socket, in process) that all run the same {@link
 * org.smmulator.bus.wire.Link}.
 */
@NullMarked
package org.smmulator.bus.wire;

import org.jspecify.annotations.NullMarked;
