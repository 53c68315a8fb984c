/** PCIe transaction layer packets: their layout, nothing of their transport. */
@NullMarked
package org.smmulator.bus.tlp;

import org.jspecify.annotations.NullMarked;
