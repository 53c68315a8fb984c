/** Event records: one layout for each kind of fault. */
@NullMarked
package org.smmulator.smmu.fault;

import org.jspecify.annotations.NullMarked;
