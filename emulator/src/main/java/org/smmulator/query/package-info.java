/** What people ask a machine, in words and numbers: over HTTP or at the guest port. */
@NullMarked
package org.smmulator.query;

import org.jspecify.annotations.NullMarked;
