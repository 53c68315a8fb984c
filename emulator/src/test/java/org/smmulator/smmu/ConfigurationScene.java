package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.smmulator.smmu.port.Transaction.Outcome;

/** One stream, a guest that writes its structures, and the faults they give. */
abstract class ConfigurationScene {
  static final int NONE = BareGuest.NONE;
  static final long VA = 0x7fff_1234_5000L;
  static final long PA = BareGuest.RAM + 0x800_0000L;

  final BareGuest guest = BareGuest.up();

  long contextOver(long root, int asid) {
    long cd = guest.allocate(64);
    guest.store(cd, BareGuest.cd(asid, root));
    return cd;
  }

  long mappedRoot(long pa) {
    long root = guest.allocate(4096);
    guest.map(root, VA, pa);
    return root;
  }

  /** Stops a read of stream 5 with one event of this type, and returns the event. */
  Structure fault(String event, int substreamId) {
    assertThat(guest.access(5, substreamId, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.tx.isRazWi()).isFalse();
    Structure record = guest.takeEvent();
    assertThat(record.get("id")).isEqualTo(Vectors.event(event));
    assertThat(record.get("stream")).isEqualTo(5);
    return record;
  }
}
