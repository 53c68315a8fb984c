/** The SMMUv3 programming interface (Arm IHI 0070): layouts and the bit numbers of the document. */
@NullMarked
package org.smmulator.arch;

import org.jspecify.annotations.NullMarked;
