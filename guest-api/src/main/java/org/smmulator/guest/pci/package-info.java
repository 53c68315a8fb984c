/** PCIe as the kernel sees it: enumeration through ECAM, hot-plug, capabilities, BARs, MSI-X. */
@NullMarked
package org.smmulator.guest.pci;

import org.jspecify.annotations.NullMarked;
