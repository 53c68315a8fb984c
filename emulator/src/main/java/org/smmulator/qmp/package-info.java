/**
 * QMP, the protocol by which programs steer QEMU: JSON over a socket. So much of it is here as
 * QEMU's test programs need to start a machine, ask what there is, and end it. It reaches nothing
 * of the machine but its end.
 */
@NullMarked
package org.smmulator.qmp;

import org.jspecify.annotations.NullMarked;
