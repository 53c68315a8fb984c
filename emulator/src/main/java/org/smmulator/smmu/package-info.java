/** The SMMU: its outside, and the parts that make it up in the packages below. */
@NullMarked
package org.smmulator.smmu;

import org.jspecify.annotations.NullMarked;
