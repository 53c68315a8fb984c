/** The grant ledger: which device may still use which translation; and the list of violations. */
@NullMarked
package org.smmulator.pcie.ledger;

import org.jspecify.annotations.NullMarked;
