/**
 * The address translation cache of one function (PCIe ATS 1.1; Base Specification, chapter 10) and
 * the rules that decide what an Invalidate Request reaches. Nothing here knows the bus.
 */
@NullMarked
package org.smmulator.device.atc;

import org.jspecify.annotations.NullMarked;
