package org.smmulator.guest.pci.dma;

import org.smmulator.arch.BitField;

/** BAR0 of the {@code dma} model (devices/README.md, "The dma model's programming interface"). */
final class DmaRegister {
  static final int VENDOR_ID = 0x534d;
  static final int DEVICE_ID = 0x0001;
  static final int BAR = 0;

  static final long ID = 0x000;
  static final int ID_VALUE = 0x41444d53;
  static final long VERSION = 0x004;
  static final long QUEUES = 0x008;
  static final long MAX_RING_LOG2 = 0x00c;
  static final long CTRL = 0x010;
  static final int CTRL_RESET = 1;

  static final long QUEUE_BASE = 0x1000;
  static final long QUEUE_STRIDE = 0x80;
  static final long RING_BASE = 0x00;
  static final long COMPLETION_BASE = 0x08;
  static final long RING_LOG2 = 0x10;
  static final long PASID = 0x14;
  static final int PASID_VALID = 1 << 31;
  static final long QUEUE_CTRL = 0x18;
  static final int QUEUE_ENABLE = 1;
  static final int QUEUE_INTERRUPT = 2;
  static final long QUEUE_STATUS = 0x1c;
  static final int QUEUE_RUNNING = 1;
  static final int QUEUE_ERROR = 2;
  static final long TAIL = 0x20;

  static final int DESCRIPTOR_BYTES = 64;
  static final BitField OPCODE = BitField.field(7, 0);
  static final BitField LENGTH = BitField.field(63, 32);

  static final int COMPLETION_BYTES = 32;
  static final BitField STATUS = BitField.field(7, 0);
  static final BitField BYTES_DONE = BitField.field(63, 32);
  static final BitField TAG = BitField.field(254, 192);
  static final BitField PHASE = BitField.bit(255);

  private DmaRegister() {}

  static long queue(int queue, long register) {
    return QUEUE_BASE + queue * QUEUE_STRIDE + register;
  }
}
