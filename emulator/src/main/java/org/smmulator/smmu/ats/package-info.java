/** Address Translation Services and page requests: what endpoints with an ATC ask for. */
@NullMarked
package org.smmulator.smmu.ats;

import org.jspecify.annotations.NullMarked;
