/** VMSAv8-64 translation table descriptors. */
@NullMarked
package org.smmulator.arch.vmsa;

import org.jspecify.annotations.NullMarked;
