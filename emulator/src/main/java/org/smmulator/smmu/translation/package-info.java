/** From a configured transaction to a physical address: the recipe, and the table walk. */
@NullMarked
package org.smmulator.smmu.translation;

import org.jspecify.annotations.NullMarked;
