/**
 * The device SDK: what a device author needs to plug a PCI function into the machine's bus. A
 * {@link org.smmulator.device.DeviceModel} says what it does; an {@link
 * org.smmulator.device.AttachedDevice} connects it, and answers for it everything that PCIe asks of
 * a function: configuration space, address translation (ATS), page requests (PRI), invalidations,
 * tags, MSI-X. Everything of the bus side runs on the link's thread, the model on tasks of its own.
 */
@NullMarked
package org.smmulator.device;

import org.jspecify.annotations.NullMarked;
