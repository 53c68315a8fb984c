/**
 * The SMMU. {@code Smmu} is its outside and stands on all the packages below, which know only those
 * further down:
 *
 * <pre>
 *   explain      what a translation would do, step by step, and those that registers ask for
 *   ats          translation requests and page requests of endpoints
 *   queue        the three queues in memory
 *   command, translation    what commands do; from a transaction to an address
 *   config       stream table and context descriptors
 *   tlb, fault   cached translations; faults and stalled transactions
 *   register     registers, handshakes, interrupts
 *   feature, port    what the SMMU can do; what passes between it and the machine
 * </pre>
 */
@NullMarked
package org.smmulator.smmu;

import org.jspecify.annotations.NullMarked;
