/** Structures that software writes and the SMMU reads: stream table, context descriptors. */
@NullMarked
package org.smmulator.arch.structure;

import org.jspecify.annotations.NullMarked;
