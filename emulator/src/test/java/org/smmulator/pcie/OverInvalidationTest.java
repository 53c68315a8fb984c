package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.pcie.FunctionCounter.ENTRIES_OVER_INVALIDATED;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.Hello;
import org.smmulator.counter.Counts;

/** What a device dropped beside the addresses that the TLBI commands before had named. */
class OverInvalidationTest extends FunctionScene {
  private static final int TG_4K = 1;

  private void tlbi(long address) {
    guest.submit(CommandOpcode.TLBI_NH_VA, 0, address);
  }

  /** An ATC_INV of the aligned range of so many pages around {@link #VA}; its ITag. */
  private int invalidate(int pagesLog2) {
    device.takeAll();
    guest.invalidate(ID, PASID, VA & -(4096L << pagesLog2), pagesLog2);
    machine.run();
    return device.take().tag();
  }

  private void dropAndComplete(int tag, long... pages) {
    device.tellDropped(tag, pages);
    device.completeInvalidations(1, 1 << tag);
    machine.run();
  }

  private static long[] pages(long first, int count) {
    return LongStream.range(0, count).map(page -> first + 0x1000 * page).toArray();
  }

  private long over() {
    return machine.device("00:04.0").count(ENTRIES_OVER_INVALIDATED);
  }

  @Test
  void fourPagesThatBecomeAMegabyte() {
    for (long page : pages(VA, 4)) {
      tlbi(page);
    }
    int tag = invalidate(8);
    dropAndComplete(tag, pages(VA - 0x3000, 10)); // three before, four named, three behind
    assertThat(over()).isEqualTo(6);
  }

  @Test
  void aRangeCommandNamesItsRange() {
    guest.submit(
        CommandOpcode.TLBI_NH_VA,
        CommandField.NUM.of(3) | CommandField.SCALE.of(1),
        VA | CommandField.TG.of(TG_4K) | CommandField.TTL.of(3));
    dropAndComplete(invalidate(8), pages(VA - 0x1000, 12)); // one before, eight named
    assertThat(over()).isEqualTo(4);
  }

  @Test
  void oneTlbiForSeveralRequestsAndTheNextBeginsAnew() {
    tlbi(VA);
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.run();
    int first = device.take().tag();
    int second = invalidate(0);
    dropAndComplete(first, VA);
    dropAndComplete(second, VA, VA + 0x1000);
    assertThat(over()).isEqualTo(1);
    tlbi(VA + 0x1000);
    dropAndComplete(invalidate(1), VA, VA + 0x1000);
    assertThat(over()).isEqualTo(2);
  }

  @Test
  void whatNamesNoAddressesNamesEverything() {
    CommandOpcode[] commands = {
      CommandOpcode.TLBI_NH_ASID, CommandOpcode.TLBI_NSNH_ALL, CommandOpcode.CFGI_STE
    };
    for (CommandOpcode command : commands) {
      tlbi(VA);
      guest.submit(
          command, command == CommandOpcode.CFGI_STE ? CommandField.STREAM_ID.of(9) : 0, 0);
      dropAndComplete(invalidate(8), pages(VA - 0x8000, 16));
    }
    tlbi(VA);
    machine.run();
    machine.root.tlbMaintained();
    dropAndComplete(invalidate(8), pages(VA - 0x8000, 16));
    assertThat(over()).isZero();
  }

  /** A bind writes a context descriptor, and nothing is in an ATC; an munmap follows. */
  @Test
  void configurationThatIsOverHasNothingToDoWithTheNextTlbi() {
    guest.submit(CommandOpcode.CFGI_STE, CommandField.STREAM_ID.of(9), 0);
    guest.submit(CommandOpcode.SYNC, 0, 0);
    tlbi(VA);
    guest.submit(CommandOpcode.SYNC, 0, 0);
    dropAndComplete(invalidate(3), pages(VA & -0x8000, 8));
    assertThat(over()).isEqualTo(7);
    guest.submit(CommandOpcode.CFGI_STE, CommandField.STREAM_ID.of(9), 0);
    guest.submit(CommandOpcode.SYNC, 0, 0);
    dropAndComplete(invalidate(3), pages(VA & -0x8000, 8));
    assertThat(over()).as("no TLBI, so that everything may have changed").isEqualTo(7);
  }

  /** A fork names one page, and the device drops a whole PASID of which it lists 512 pages. */
  @Test
  void unlistedEntriesCountWhereTheyCannotHaveBeenNamed() {
    tlbi(VA);
    int tag = invalidate(8);
    long[] listed = pages(VA + 0x1000, DroppedEntries.MOST_LISTED);
    DroppedEntries.encode(device.link().begin(FrameKind.DROPPED), tag, 1000, listed);
    device.link().end();
    device.link().flush();
    machine.run();
    assertThat(over()).as("one of those not listed may be the page that was named").isEqualTo(999);
  }

  @Test
  void manySeparatePagesAreEverything() {
    for (long page : pages(VA, 100)) {
      tlbi(VA + 2 * (page - VA));
    }
    dropAndComplete(invalidate(8), pages(VA + 0x1000, 1));
    assertThat(over()).isZero();
  }

  @Test
  void isUnknownOfADeviceThatDoesNotTell() {
    Hello older = new Hello(1, 0, 0x28, "old", "older", 4352, 256, 256, 10);
    machine.attach(new ScriptedDevice(older, 0));
    assertThat(machine.device("00:05.0").count(ENTRIES_OVER_INVALIDATED)).isEqualTo(Counts.UNKNOWN);
    assertThat(over()).isZero();
  }
}
