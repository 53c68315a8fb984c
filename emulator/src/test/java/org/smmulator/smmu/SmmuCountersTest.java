package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.smmu.port.SmmuCache;

/** Software and devices give every counter of the SMMU a number that no other has. */
class SmmuCountersTest {
  private static final int STALLING = 7;
  private static final long VA = 0x7f00_1234_5000L;

  private final BareGuest guest =
      BareGuest.up(BareGuest.smallCaches().change(f -> f.platformStreams(Set.of(STALLING))));
  private final long root = guest.translatingStream(5, 1);

  private void map(int pages) {
    for (int i = 0; i < pages; i++) {
      guest.map(root, VA + 4096L * i, 0x8000_0000L + 4096L * i);
    }
  }

  /** Eleven reads of eight pages: the first, three times again, and seven others. */
  private void read() {
    for (int i = 0; i < 11; i++) {
      guest.read(5, BareGuest.NONE, VA + 4096L * Math.max(0, i - 3));
    }
  }

  private void stallAndLetGoOn(int stalls, int ended) {
    long table = guest.allocate(4096);
    long context = guest.allocate(64);
    guest.store(context, BareGuest.cd(2, table).set("s", 1));
    guest.storeSte(STALLING, BareGuest.translatingSte(context));
    for (int i = 0; i < stalls; i++) {
      guest.access(STALLING, BareGuest.NONE, VA + 4096L * i, false);
    }
    for (Structure event : guest.takeEvents().subList(0, ended)) {
      guest.perform(
          Structure.command("RESUME")
              .set("stream", STALLING)
              .set("stag", event.get("stag"))
              .set("ac", 0)
              .set("ab", 1));
    }
  }

  private void requestPages(int requests) {
    for (int i = 0; i < requests; i++) {
      guest.smmu.pageRequest(5, BareGuest.NONE, VA, i, PageRequestFlags.READ);
    }
  }

  @Test
  void eachCountOfTheSmmuIsKeptUnderItsName() {
    map(8);
    read();
    for (int i = 0; i < 15; i++) {
      guest.request(5, BareGuest.NONE, VA, 1);
    }
    stallAndLetGoOn(5, 3);
    requestPages(10);
    guest.writeRegister("CR0", 0b1_1101);
    for (int i = 0; i < 7; i++) {
      guest.smmu.pageRequest(5, BareGuest.NONE, VA, i, 0b1000 | PageRequestFlags.READ);
    }
    guest.writeRegister("CR0", 0b1_1111);
    for (int i = 0; i < 20; i++) {
      guest.access(1000, BareGuest.NONE, VA, false); // of 16 records, 4 find no room
    }
    guest.writeRegister("CR0", 0b1_0111);
    long prod = guest.readRegister("CMDQ_PROD");
    guest.writeRegister("CMDQ_PROD", prod + 3); // three commands that a stopped queue keeps
    assertThat(guest.smmu.counters().counts())
        .hasToString(
            "[TRANSLATIONS 11, ATS_REQUESTS 15, WALKS 14, DESCRIPTOR_READS 17,"
                + " READS_OF_LEVEL0 6, READS_OF_LEVEL1 1, READS_OF_LEVEL2 1, READS_OF_LEVEL3 9,"
                + " STALLS 5, STALLED_NOW 2, PAGE_REQUESTS 10, AUTOMATIC_RESPONSES 7, EVENTS_LOST 4,"
                + " COMMANDS_WAITING 3, EVENTS_UNREAD 16, PAGE_REQUESTS_UNREAD 10]");
  }

  @Test
  void eachCountOfEachCacheIsKeptUnderItsName() {
    map(8);
    read();
    guest.perform(
        Structure.command("TLBI_NH_VA")
            .set("asid", 1)
            .set("address", VA + 7 * 4096)
            .set("leaf", 1));
    guest.perform(Structure.command("TLBI_NSNH_ALL"));
    guest.read(5, BareGuest.NONE, VA);
    for (int stream : new int[] {6, 8}) {
      guest.translatingStream(stream, stream);
      guest.access(stream, BareGuest.NONE, VA, false);
    }
    guest.perform(Structure.command("CFGI_STE").set("stream", 8).set("leaf", 1));
    assertThat(guest.smmu.counters().cache(SmmuCache.TLB))
        .hasToString("[LOOKUPS 14, HITS 3, INSERTIONS 9, EVICTIONS 6, INVALIDATED 2, RESIDENT 1]");
    assertThat(guest.smmu.counters().cache(SmmuCache.WALK_CACHE))
        .hasToString("[LOOKUPS 19, HITS 7, INSERTIONS 6, EVICTIONS 2, INVALIDATED 2, RESIDENT 2]");
    assertThat(guest.smmu.counters().cache(SmmuCache.CONFIGURATION_CACHE))
        .hasToString("[LOOKUPS 14, HITS 11, INSERTIONS 6, EVICTIONS 4, INVALIDATED 2, RESIDENT 0]");
  }
}
