/**
 * A vfio-user server: the protocol by which a virtual machine monitor such as QEMU takes PCI
 * functions from another process, over a UNIX socket for each function. Messages, their bounds and
 * the states of a session are here; the functions that are served stand behind {@link
 * org.smmulator.vfio.ServedFunction}.
 *
 * <p>Descriptors that a client sends along are not received: the JDK reads its sockets without room
 * for them, so the kernel closes them. Memory is therefore shared by a file that both sides map,
 * with the same addresses, and interrupts are messages: writes to the client's address space.
 */
@NullMarked
package org.smmulator.vfio;

import org.jspecify.annotations.NullMarked;
