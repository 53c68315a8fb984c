package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import org.smmulator.bus.tlp.TlpType;

/**
 * Where most tests of packets begin: a machine with one function that may use all it has but page
 * requests, and two pages that its stream maps, one to write and one to read.
 */
abstract class FunctionScene {
  static final int ID = 0x20;
  static final int PASID = 3;
  static final long VA = 0x7f00_1234_5000L;

  /** {@link MinimalGuest#commandError} after an invalidation that had no answer. */
  static final int CERROR_ATC_INV_SYNC = 3;

  final TestMachine machine;
  final MinimalGuest guest;

  /** The page table of all PASIDs. */
  final long root;

  /** What {@link #VA} leads to. */
  final long frame;

  /** What the page after it leads to, for reading alone. */
  final long readOnly;

  final ScriptedDevice device;

  FunctionScene() {
    this(new TestMachine());
  }

  FunctionScene(TestMachine machine) {
    this.machine = machine;
    guest = machine.guest;
    root = guest.translatingStream(ID);
    frame = guest.allocate(4096);
    readOnly = guest.allocate(4096);
    guest.map(root, VA, frame, true);
    guest.map(root, VA + 0x1000, readOnly, false);
    device = machine.master(ID);
  }

  /** The next packet that the device has, once everything has come to rest. */
  final ReceivedPacket answer() {
    machine.run();
    return device.take();
  }

  /** Asks for translations to read and write. */
  final ReceivedPacket translate(long va, int count) {
    device.requestTranslation(5, PASID, va, count, false);
    return answer();
  }

  /** Lets the device hold the translation of {@link #VA}. */
  final void grantOnePage() {
    assertThat(translate(VA, 1).type()).isEqualTo(TlpType.COMPLETION_DATA);
  }

  /** Completes the Invalidate Request that the device has. */
  final void completeInvalidation() {
    device.completeInvalidations(1, 1 << device.take().tag());
    machine.run();
  }
}
