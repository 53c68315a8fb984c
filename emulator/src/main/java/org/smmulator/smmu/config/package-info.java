/** Stream table and context descriptors as the SMMU reads them, and the cache of what it read. */
@NullMarked
package org.smmulator.smmu.config;

import org.jspecify.annotations.NullMarked;
