package org.smmulator.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.execution.ThreadExecution;

/**
 * Random operations on several processes against a model that knows nothing of page tables: per
 * process, pages with bytes and permissions. A caching MMU on each process must never be left with
 * a translation that the page table does not have, nor a frame be freed that one remembers.
 */
class AddressSpaceOracleTest {
  private static final int PAGE = MmKernel.PAGE;
  private static final int PAGES = 24;
  private static final int FRAMES = 1024;

  /** Half of the pages are translated by one level 3 table, half by the next. */
  private static final long BASE = 0x40_0020_0000L - PAGES / 2 * PAGE;

  private static final Prot[] PROTS = {
    Prot.NONE,
    Prot.READ,
    Prot.READ_EXEC,
    Prot.READ_WRITE_EXEC,
    Prot.READ_WRITE,
    Prot.READ_WRITE,
    Prot.READ_WRITE,
    Prot.READ_WRITE
  };

  private static final class ModelPage {
    final Prot prot;
    final byte[] bytes;

    ModelPage(Prot prot, byte[] bytes) {
      this.prot = prot;
      this.bytes = bytes;
    }
  }

  private static final class Modelled {
    final AddressSpace mm;
    final CachingMmu device;
    final Map<Integer, ModelPage> pages = new TreeMap<>();

    Modelled(MmKernel kernel, AddressSpace mm) {
      this.mm = mm;
      this.device = new CachingMmu(kernel, mm);
    }
  }

  private final MmKernel kernel = new MmKernel(new ThreadExecution(), FRAMES, 32, false);
  private final List<Modelled> processes = new ArrayList<>();
  private final List<Modelled> ended = new ArrayList<>();
  private SplittableRandom random = new SplittableRandom();

  static LongStream seeds() {
    return TestSeeds.first(40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void behavesAsPagesOfBytes(long seed) {
    random = new SplittableRandom(seed);
    kernel.alsoTold =
        (pa, generation) ->
            assertThat(processes)
                .as("frame 0x%x freed while a device remembers it", pa)
                .noneMatch(process -> process.device.remembers(pa));
    map(start(kernel.spaces.create("first")), 0, PAGES, Prot.READ_WRITE);
    for (int i = 0; i < 600; i++) {
      operate(processes.get(random.nextInt(processes.size())));
      processes.forEach(process -> process.device.assertFresh());
      if (i % 32 == 0) {
        processes.forEach(this::compare);
      }
    }
    processes.forEach(this::compare);
    endEverything();
  }

  private void operate(Modelled process) {
    int first = random.nextInt(PAGES);
    int count = 1 + random.nextInt(Math.min(4, PAGES - first));
    Prot prot = PROTS[random.nextInt(PROTS.length)];
    switch (random.nextInt(20)) {
      case 0, 1, 2 -> map(process, first, count, prot);
      case 3 -> unmap(process, first, count);
      case 4, 5 -> protect(process, first, count, prot);
      case 6 -> forget(process, first, count);
      case 7 -> process.mm.age(va(first), (long) count * PAGE);
      case 8, 9 -> forkOrEnd(process);
      case 10, 11 -> deviceFaults(process, first);
      case 12, 13 -> deviceLooksUp(process, first, count);
      default -> write(process, first, count);
    }
  }

  private void map(Modelled process, int first, int count, Prot prot) {
    process.mm.mmapFixed(va(first), (long) count * PAGE, prot);
    for (int page = first; page < first + count; page++) {
      process.pages.put(page, new ModelPage(prot, new byte[PAGE]));
    }
  }

  private void unmap(Modelled process, int first, int count) {
    process.mm.munmap(va(first), (long) count * PAGE);
    for (int page = first; page < first + count; page++) {
      process.pages.remove(page);
    }
  }

  private void protect(Modelled process, int first, int count, Prot prot) {
    boolean hole = false;
    for (int page = first; page < first + count; page++) {
      hole |= !process.pages.containsKey(page);
    }
    if (hole) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> process.mm.mprotect(va(first), (long) count * PAGE, prot));
      return;
    }
    process.mm.mprotect(va(first), (long) count * PAGE, prot);
    for (int page = first; page < first + count; page++) {
      process.pages.computeIfPresent(page, (p, model) -> new ModelPage(prot, model.bytes));
    }
  }

  private void forget(Modelled process, int first, int count) {
    process.mm.dontNeed(va(first), (long) count * PAGE);
    for (int page = first; page < first + count; page++) {
      process.pages.computeIfPresent(page, (p, m) -> new ModelPage(m.prot, new byte[PAGE]));
    }
  }

  private void forkOrEnd(Modelled process) {
    if (processes.size() == 4) {
      processes.remove(process);
      ended.add(process);
      process.mm.putUser();
      return;
    }
    Modelled child = start(process.mm.fork("child"));
    process.pages.forEach(
        (page, model) -> child.pages.put(page, new ModelPage(model.prot, model.bytes.clone())));
  }

  private void deviceFaults(Modelled process, int page) {
    boolean write = random.nextBoolean();
    ModelPage model = process.pages.get(page);
    FaultOutcome expected;
    if (model == null) {
      expected = FaultOutcome.NO_VMA;
    } else if (write ? !model.prot.write() : !model.prot.read()) {
      expected = FaultOutcome.BAD_ACCESS;
    } else {
      expected = FaultOutcome.HANDLED;
    }
    FaultAccess access = write ? FaultAccess.WRITE : FaultAccess.READ;
    assertThat(process.mm.handleFault(va(page) + random.nextInt(PAGE), access, true))
        .isEqualTo(expected);
    if (expected == FaultOutcome.HANDLED) {
      long descriptor = kernel.descriptor(process.mm, va(page));
      assertThat(descriptor & 0x443).as("valid, young, unprivileged").isEqualTo(0x443);
      assertThat(!write || (descriptor & 0x80) == 0).as("writable if written").isTrue();
      process.device.lookUp(va(page));
    }
  }

  /** The device writes where it may, without any fault: into the frame it remembers. */
  private void deviceLooksUp(Modelled process, int first, int count) {
    for (int page = first; page < first + count; page++) {
      process.device.lookUp(va(page));
      ModelPage model = process.pages.get(page);
      boolean writable = (kernel.descriptor(process.mm, va(page)) & 0x483) == 0x403;
      byte value = (byte) random.nextInt();
      process.device.write(va(page), value);
      if (writable && model != null) {
        assertThat(model.prot.write()).isTrue();
        model.bytes[0] = value;
      }
    }
  }

  private void write(Modelled process, int first, int count) {
    int offset = random.nextInt(PAGE);
    byte[] bytes = new byte[random.nextInt(count * PAGE - offset) + 1];
    random.nextBytes(bytes);
    boolean complete = true;
    try {
      process.mm.write(va(first) + offset, bytes, 0, bytes.length);
    } catch (SegmentationFault e) {
      complete = false;
    }
    assertThat(complete).isEqualTo(writeModel(process, first, offset, bytes));
  }

  private static boolean writeModel(Modelled process, int first, int offset, byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      ModelPage model = process.pages.get(first + (offset + i) / PAGE);
      if (model == null || !model.prot.write()) {
        return false;
      }
      model.bytes[(offset + i) % PAGE] = bytes[i];
    }
    return true;
  }

  private void compare(Modelled process) {
    for (int page = 0; page < PAGES; page++) {
      ModelPage model = process.pages.get(page);
      byte[] read = new byte[PAGE];
      boolean readable = true;
      try {
        process.mm.read(va(page), read, 0, PAGE);
      } catch (SegmentationFault e) {
        readable = false;
      }
      assertThat(readable).isEqualTo(model != null && model.prot.read());
      assertThat(!readable || model == null || Arrays.equals(read, model.bytes))
          .as("page %d of %s", page, process.mm)
          .isTrue();
    }
  }

  private void endEverything() {
    ended.addAll(processes);
    processes.forEach(process -> process.mm.putUser());
    processes.clear();
    assertThat(ended)
        .allMatch(p -> p.device.releases == 1)
        .allMatch(p -> p.device.callbacksAfterRelease == 0);
    ended.forEach(process -> process.mm.unregisterNotifierNoRelease(process.device));
    assertThat(kernel.spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES)).isZero();
    assertThat(kernel.spaces.notifierCalls().of(NotifierCall.RELEASE)).isEqualTo(ended.size());
    assertThat(kernel.spaces.statistics().of(MmCounter.COPY_ON_WRITE_BREAKS)).isPositive();
    assertThat(kernel.frames.freeFrames()).isEqualTo(FRAMES);
    assertThat(kernel.frames.touchedWhileFree()).isZero();
  }

  private Modelled start(AddressSpace mm) {
    Modelled process = new Modelled(kernel, mm);
    processes.add(process);
    return process;
  }

  private static long va(int page) {
    return BASE + (long) page * PAGE;
  }
}
