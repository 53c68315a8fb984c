/**
 * Stories of two and three actors in whole machines, told in one order after another to find one
 * that ends badly. With {@code machine} and {@code api} the only package of this module that drives
 * the guest.
 */
@NullMarked
package org.smmulator.hunt;

import org.jspecify.annotations.NullMarked;
