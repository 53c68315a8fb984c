package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction.Outcome;

/**
 * Stream 5, translated by two stages. What stage 1 reads lies at {@link #OFFSET} above its place in
 * memory, so that nothing works without stage 2.
 */
final class TwoStages {
  static final int NONE = BareGuest.NONE;
  static final long OFFSET = 0x20_0000_0000L;
  static final long VA = 0x7fff_1234_5000L;
  static final long IPA = 0x1_2345_6000L;
  static final long PA = BareGuest.RAM + 0x800_0000L;

  private static final String[] CLASSES = {"CD", "TT", "IN"};
  private static final String STAGE2 = "s2vmid=7 s2t0sz=24 s2sl0=1 s2tg=0 s2ps=5 s2aa64=1 s2r=1";

  final BareGuest guest;

  /** 40 bits, two tables at level 1. */
  final Tables stage2;

  final Tables stage1;

  /** The context descriptor's place in memory. */
  final long cd;

  /** The last event that {@link #fault} saw. */
  Structure event = new Structure("event", 4);

  TwoStages(SmmuFeatures features) {
    guest = BareGuest.up(features);
    stage2 = new Tables(guest, 12, 40, 1);
    stage1 = new Tables(guest, 12, 48, 0, this::place);
    cd = allocate(64);
    context("");
    stream("");
    map(VA, IPA);
    stage2.map(IPA, 3, BareGuest.stage2Page(PA));
  }

  TwoStages() {
    this(BareGuest.smallCaches());
  }

  /** Lets stage 2 map memory at the intermediate addresses where stage 1 looks for it. */
  private long place(long pa, long bytes) {
    for (long page = pa; page < pa + bytes; page += 4096) {
      stage2.map(page + OFFSET, 3, BareGuest.stage2Page(page));
    }
    return pa + OFFSET;
  }

  /** New memory, and where stage 1 finds it: {@link #OFFSET} above. */
  long allocate(long bytes) {
    long pa = guest.allocate(bytes);
    return place(pa, bytes) - OFFSET;
  }

  /** The context descriptor, with these settings; nothing of it stays cached. */
  void context(String settings) {
    guest.store(cd, BareGuest.cd(1, stage1.base()).with(settings));
    guest.invalidateAll();
  }

  /** The stream table entry. */
  Structure entry(String settings) {
    return BareGuest.ste(0b111)
        .set("s1contextptr", cd + OFFSET)
        .set("eats", 1)
        .with(STAGE2)
        .set("s2ttb", stage2.root())
        .with(settings);
  }

  void stream(String settings) {
    guest.storeSte(5, entry(settings));
    guest.invalidateAll();
  }

  void map(long va, long ipa) {
    stage1.map(va, 3, BareGuest.page(ipa));
  }

  long read(long address) {
    return guest.read(5, NONE, address);
  }

  /** Where a write goes. */
  long write(long address) {
    assertThat(guest.access(5, NONE, address, true)).isEqualTo(Outcome.TRANSLATED);
    return guest.tx.pa();
  }

  /** The fault of an access: {@code "F_TRANSLATION S2 TT"}. */
  String fault(long address, boolean write) {
    assertThat(guest.access(5, NONE, address, write)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.tx.isRazWi()).isFalse();
    event = guest.takeEvent();
    assertThat(event.get("stream")).isEqualTo(5);
    return describe(event);
  }

  /** An event's type and, if it is of a translation, its stage and class. */
  static String describe(Structure event) {
    String type = Vectors.eventName(event.get("id"));
    return event.get("id") < Vectors.event("F_WALK_EABT")
        ? type
        : type + (event.get("s2") == 1 ? " S2 " : " S1 ") + CLASSES[(int) event.get("class")];
  }

  /** Reads the leaf at a place in memory as a stage 1 or stage 2 descriptor. */
  Structure leafAt(String kind, long pa) {
    Structure leaf = new Structure(kind, 1);
    leaf.words()[0] = guest.load(pa);
    return leaf;
  }

  /** Changes fields of the descriptor at a place in memory. */
  void edit(String kind, long pa, String settings) {
    guest.store(pa, leafAt(kind, pa).with(settings));
  }
}
