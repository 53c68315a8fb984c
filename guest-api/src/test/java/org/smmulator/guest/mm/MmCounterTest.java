package org.smmulator.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.execution.ThreadExecution;

/** Processes in whose kernel everything happens another number of times. */
class MmCounterTest {
  private static final int PAGE = MmKernel.PAGE;
  private static final long BASE = 0x1234_5600_0000L;
  private static final int PAGES = 16;

  private final MmKernel kernel = new MmKernel(new ThreadExecution(), 256, 64, false);
  private final AddressSpace mm = kernel.spaces.create("process");

  private static long va(int page) {
    return BASE + (long) page * PAGE;
  }

  private void touch(int first, int pages) {
    for (int page = first; page < first + pages; page++) {
      MmKernel.write(mm, va(page), page);
    }
  }

  private void touchByDevice(int first, int pages) {
    for (int page = first; page < first + pages; page++) {
      assertThat(mm.handleFault(va(page), FaultAccess.WRITE, true)).isEqualTo(FaultOutcome.HANDLED);
    }
  }

  private void createOthersAndEndOne() {
    for (int i = 0; i < 6; i++) {
      AddressSpace other = kernel.spaces.create("other");
      if (i == 0) {
        other.putUser();
      }
    }
  }

  /** Two notifiers: each call is two. */
  @Test
  void eachCountIsKeptUnderItsName() {
    mm.mmapFixed(BASE, PAGES * PAGE, Prot.READ_WRITE);
    MmKernel.register(mm, new RecordingNotifier(BASE));
    MmKernel.register(mm, new RecordingNotifier(BASE));
    touch(0, 9);
    touchByDevice(9, 5);
    createOthersAndEndOne();
    mm.fork("child"); // one range of pages is protected
    touch(0, 2);
    touchByDevice(2, 1); // with these, three pages are copied
    mm.age(va(3), 4 * PAGE);
    for (int page = 3; page < 8; page++) {
      mm.munmap(va(page), PAGE);
    }
    mm.putUser();
    assertThat(kernel.spaces.statistics())
        .as("the notifiers keep the structure of the process")
        .hasToString(
            "[CPU_FAULTS 11, REMOTE_FAULTS 6, COPY_ON_WRITE_BREAKS 3, LIVE_ADDRESS_SPACES 7,"
                + " NOTIFIER_GRACE_PERIODS 2, NOTIFIER_READERS 0]");
    assertThat(kernel.spaces.notifierCalls())
        .hasToString("[RELEASE 2, INVALIDATE_RANGE 12, CLEAR_FLUSH_YOUNG 8, CHANGE_PTE 6]");
  }
}
