package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.ErrorCode;

/** A device does everything another number of times, and says of itself yet other numbers. */
class FunctionCounterTest {
  private static final int ID = 0x20;
  private static final int PASID = 3;
  private static final int COMMAND = 0x04;
  private static final int MOST_GRANTS = 2;
  private static final int PAGES = 16;
  private static final long VA = 0x7f00_1234_0000L;
  private static final long UNMAPPED = VA + 0x1000L * PAGES;

  private static final long PEER_VA = UNMAPPED + 0x1000;
  private static final int PEER_ID = 0x28;
  private static final long PEER_BAR = 0x1000_0000L;

  private final TestMachine machine = new TestMachine(RootComplexConfig.defaults(), MOST_GRANTS);
  private final MinimalGuest guest = machine.guest;
  private final long frames = guest.allocate(4096L * PAGES);
  private final ScriptedDevice peer = new ScriptedDevice(PEER_ID, 0);
  private ScriptedDevice device = new ScriptedDevice(ID, 0);

  @BeforeEach
  void mapSixteenPages() {
    long root = guest.translatingStream(ID);
    for (int page = 0; page < PAGES; page++) {
      guest.map(root, VA + 0x1000L * page, frames + 0x1000L * page, true);
    }
    guest.map(root, PEER_VA, PEER_BAR, true);
    device = machine.master(device);
    machine.master(peer);
    machine.configWrite(PEER_ID, 0x10, 4, PEER_BAR);
  }

  /** Reads of 8 bytes that the peer has not answered when this function is reset. */
  private void readFromThePeer(int notAnswered) {
    read(notAnswered, PEER_VA);
    peer.takeAll();
  }

  private void readAndWriteThePeer(int bytesRead, int bytesWritten) {
    device.read(1, PASID, PEER_VA, bytesRead);
    machine.run();
    for (ReceivedPacket read : peer.takeAll()) {
      long transaction = TlpWriter.transaction(0, read.tag());
      peer.send(out -> TlpWriter.completionData(out, PEER_ID, transaction, 8, read.address(), 8));
    }
    for (int i = 0; i < 3; i++) {
      device.write(PASID, 0, PEER_VA, new byte[bytesWritten / 3]);
    }
    machine.run();
  }

  private void reset(int times) {
    for (int i = 0; i < times; i++) {
      machine.configWrite(ID, ScriptedDevice.EXPRESS + 8, 2, 1 << 15);
    }
    machine.enable(device);
  }

  private void requestTranslations(int pages) {
    for (int page = 0; page < pages; page++) {
      device.requestTranslation(page, PASID, VA + 0x1000L * page, 1, false);
    }
    machine.run();
  }

  private void requestPages(int requests, int stopMarkers) {
    machine.configWrite(ID, ScriptedDevice.PRI + 0xc, 4, 32);
    machine.configWrite(ID, ScriptedDevice.PRI + 4, 2, 1);
    for (int group = 0; group < requests; group++) {
      device.requestPage(PASID, VA, group, PageRequestFlags.READ | PageRequestFlags.LAST);
    }
    for (int i = 0; i < stopMarkers; i++) {
      device.send(out -> TlpWriter.stopMarker(out, ID, PASID));
    }
    machine.run();
  }

  private void access(int translatedReads, int untranslatedWrites) {
    for (int i = 0; i < translatedReads; i++) {
      device.readTranslated(i, frames, 8);
    }
    for (int i = 0; i < untranslatedWrites; i++) {
      device.write(PASID, 0, VA, new byte[16]);
    }
    machine.run();
  }

  private void read(int times, long va) {
    for (int i = 0; i < times; i++) {
      device.read(i, PASID, va, 8);
    }
    machine.run();
  }

  private void readWhileSoftwareForbidsIt(int withoutBusMaster, int withoutPasid) {
    machine.configWrite(ID, COMMAND, 2, 0b010);
    read(withoutBusMaster, VA);
    machine.configWrite(ID, COMMAND, 2, 0b110);
    machine.configWrite(ID, ScriptedDevice.PASID + 6, 2, 0);
    read(withoutPasid, VA);
    machine.configWrite(ID, ScriptedDevice.PASID + 6, 2, 1);
  }

  private void letRequestsTimeOut(int answeredLate, int neverAnswered) {
    device.silent = true;
    for (int requests : new int[] {answeredLate, neverAnswered}) {
      for (int i = 0; i < requests; i++) {
        machine.root.configRead(ID, 0, 4, value -> {});
      }
      machine.advance(machine.config.completionTimeoutNanos());
      if (requests == answeredLate) {
        device.answerLate();
        machine.run();
      }
    }
    device.silent = false;
  }

  /** Asks for invalidations of a page that the device does not hold; the ITags they have. */
  private int[] invalidate(int times) {
    device.takeAll();
    for (int i = 0; i < times; i++) {
      guest.atcInvalidation(ID, PASID, UNMAPPED, 0);
    }
    machine.run();
    return device.takeAll().stream().mapToInt(ReceivedPacket::tag).toArray();
  }

  /** Software changes one page, has sixteen invalidated, and the device drops that one and more. */
  private void dropBesideWhatWasNamed(int others) {
    device.takeAll();
    long elsewhere = VA + (1L << 30);
    guest.submit(CommandOpcode.TLBI_NH_VA, 0, elsewhere);
    guest.atcInvalidation(ID, PASID, elsewhere, 4);
    machine.run();
    int tag = device.take().tag();
    long[] pages = LongStream.rangeClosed(0, others).map(i -> elsewhere + 0x1000 * i).toArray();
    device.tellDropped(tag, pages);
    complete(new int[] {tag}, 1);
  }

  private void complete(int[] tags, int count) {
    for (int i = 0; i < count; i++) {
      device.completeInvalidations(1, 1 << tags[i]);
    }
    machine.run();
  }

  @Test
  void eachCountIsKeptUnderItsName() {
    readFromThePeer(15);
    reset(6);
    readAndWriteThePeer(24, 21);
    requestTranslations(16);
    requestPages(7, 3);
    access(5, 4);
    read(8, UNMAPPED);
    readWhileSoftwareForbidsIt(10, 1);
    letRequestsTimeOut(4, 16);
    dropBesideWhatWasNamed(13);
    complete(invalidate(8), 8);
    int[] inVain = invalidate(17);
    machine.advance(machine.config.invalidationTimeoutNanos());
    complete(inVain, 12);
    assertThat(invalidate(19)).as("it is asked no more").isEmpty();
    assertThat(machine.device("00:04.0").counted())
        .hasToString(
            "[TRANSLATION_REQUESTS 16, TRANSLATIONS_HELD 2, TRANSLATIONS_WITHHELD 14,"
                + " PAGE_REQUESTS 7, STOP_MARKERS 3, TRANSLATED_ACCESSES 5,"
                + " UNTRANSLATED_ACCESSES 32, BYTES_READ 72, BYTES_WRITTEN 85, PEER_BYTES_READ 24,"
                + " PEER_BYTES_WRITTEN 21, PEER_READS_DROPPED 15, REQUESTS_STALLED 0,"
                + " STALLED_NOW 0, STALLS_REFUSED 0, REFUSED 18,"
                + " WITHOUT_BUS_MASTER 10, PACKETS_NOT_PERMITTED 11, INVALIDATIONS_SENT 26,"
                + " INVALIDATIONS_COMPLETED 9, INVALIDATIONS_TIMED_OUT 17, INVALIDATIONS_LOST 0,"
                + " INVALIDATIONS_NOT_ANSWERED 19, INVALIDATIONS_DETACHED 0,"
                + " INVALIDATIONS_LATE 12, ENTRIES_OVER_INVALIDATED 13, REQUESTS_TIMED_OUT 20, COMPLETIONS_LATE 4, RESETS 6,"
                + " VIOLATIONS 28]");
  }

  private void assertInvalidations(int sent, int lost, int detached) {
    assertThat(machine.device("00:04.0").counted().toString())
        .contains(
            "INVALIDATIONS_SENT " + sent + ", INVALIDATIONS_COMPLETED 0, INVALIDATIONS_TIMED_OUT 0",
            "INVALIDATIONS_LOST " + lost + ", INVALIDATIONS_NOT_ANSWERED 0",
            "INVALIDATIONS_DETACHED " + detached + ", INVALIDATIONS_LATE 0");
  }

  @Test
  void countsInvalidationsThatEndWithALostLink() {
    invalidate(4);
    device.link().close(ErrorCode.INTERNAL, "killed");
    machine.run();
    assertInvalidations(4, 4, 0);
  }

  @Test
  void countsInvalidationsThatEndWithTheDevicesDetach() {
    invalidate(3);
    device.link().detach();
    machine.run();
    assertInvalidations(3, 0, 3);
  }

  /** In the order of the STATS frame, which a test of the protocol holds it to. */
  @Test
  void whatTheDeviceReportsIsKeptUnderTheNameOfItsSlot() {
    long[] slots = new long[DeviceCounter.SLOTS];
    for (int slot = 0; slot < slots.length; slot++) {
      slots[slot] = 1000L + slot;
    }
    device.link().sendStats(slots);
    device.link().flush();
    machine.run();
    assertThat(machine.device("00:04.0").reported())
        .hasToString(
            "[ATC_LOOKUPS 1000, ATC_HITS 1001, ATC_MISSES 1002, ATC_FILLS 1003,"
                + " ATC_EVICTIONS 1004, INVALIDATION_REQUESTS 1005, ENTRIES_DROPPED 1006,"
                + " PAGE_REQUESTS 1007, TRANSLATION_REQUESTS 1008, TRANSLATION_RETRIES 1009,"
                + " TRANSLATED_ACCESSES 1010, UNTRANSLATED_ACCESSES 1011, BYTES_READ 1012,"
                + " BYTES_WRITTEN 1013, ATC_ENTRIES_HELD 1452, ATC_CAPACITY 1453]");
  }

  @Test
  void packetsAreJudgedAndBreachesCountedApart() {
    RootComplexCounters before = machine.root.counters();
    read(5, VA);
    readWhileSoftwareForbidsIt(3, 0);
    RootComplexCounters after = machine.root.counters();
    assertThat(after.packetsJudged() - before.packetsJudged())
        .as("reads, and completions of the configuration writes that forbid and permit")
        .isEqualTo(5 + 3 + 4);
    assertThat(after.protocolViolations() - before.protocolViolations()).isEqualTo(3);
  }
}
