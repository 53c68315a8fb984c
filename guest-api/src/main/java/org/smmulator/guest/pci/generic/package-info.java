/**
 * The driver of functions that have none of their own: gives them to programs in user space, as
 * Linux's VFIO and uacce do.
 */
@NullMarked
package org.smmulator.guest.pci.generic;

import org.jspecify.annotations.NullMarked;
