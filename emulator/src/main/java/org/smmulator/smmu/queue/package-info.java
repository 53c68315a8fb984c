/** The three queues in guest memory: whose turn it is, overflow, and aborts. */
@NullMarked
package org.smmulator.smmu.queue;

import org.jspecify.annotations.NullMarked;
