/** What an SMMU can do, as its ID registers say: the features, and the rules between them. */
@NullMarked
package org.smmulator.smmu.feature;

import org.jspecify.annotations.NullMarked;
