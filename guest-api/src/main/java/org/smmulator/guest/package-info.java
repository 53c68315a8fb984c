/**
 * The guest: a small kernel whose processes share their address spaces with devices. {@link
 * org.smmulator.guest.GuestKernel} is where its users begin.
 */
@NullMarked
package org.smmulator.guest;

import org.jspecify.annotations.NullMarked;
