/**
 * What passes between the SMMU and the rest of the machine: transactions and their answers, page
 * requests, interrupts, and what has been counted.
 */
@NullMarked
package org.smmulator.smmu.port;

import org.jspecify.annotations.NullMarked;
