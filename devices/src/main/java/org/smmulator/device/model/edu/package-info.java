/**
 * The {@code edu} model: a device of the same PCI IDs, registers and behaviour as the educational
 * device of this name that QEMU documents, for drivers and harnesses written for that one.
 */
@NullMarked
package org.smmulator.device.model.edu;

import org.jspecify.annotations.NullMarked;
