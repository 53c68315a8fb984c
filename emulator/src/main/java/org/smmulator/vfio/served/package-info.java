/**
 * What a machine serves over vfio-user: its SMMU, as a function whose BAR 0 is both register pages,
 * and the functions on its bus, each at a socket of its own in one folder. A client has its own
 * CPUs and interrupt controller, and the machine's RAM as its own, at the same addresses.
 */
@NullMarked
package org.smmulator.vfio.served;

import org.jspecify.annotations.NullMarked;
