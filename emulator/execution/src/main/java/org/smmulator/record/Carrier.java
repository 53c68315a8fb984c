package org.smmulator.record;

/** Queues in guest memory whose entries, as the architecture defines them, can name no cause. */
public enum Carrier {
  COMMAND_QUEUE,
  PAGE_REQUEST_QUEUE
}
