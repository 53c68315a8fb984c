package org.smmulator.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.MemoryStep;
import org.smmulator.config.Step;
import org.smmulator.config.Step.Protection;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.sched.Sched;
import org.smmulator.machine.ScenarioProcess.Binding;
import org.smmulator.pcie.ledger.Violation;

/**
 * The steps that change, check or end one process, each with the buffer's model kept beside it.
 * Those that change mappings do not care what streams are at; the others find them at rest.
 */
final class ProcessSteps implements MemoryStep.Cases<RuntimeException> {
  private static final long BUSY_NANOS = 500_000_000L;
  private static final long BUSY_LOOK_NANOS = 20_000L;

  private final Sched sched;
  private final ScenarioProcess process;
  private final DataCheck check;

  ProcessSteps(Sched sched, ScenarioProcess process, DataCheck check) {
    this.sched = sched;
    this.process = process;
    this.check = check;
  }

  /** The process writes seeded bytes. */
  void write(Step.Write step, long seed) throws ScenarioException {
    SplittableRandom random = new SplittableRandom(seed ^ step.page());
    boolean[] all = {true};
    atRest(
        step.page(),
        step.pages(),
        () -> {
          for (int page = step.page(); page < step.page() + step.pages(); page++) {
            all[0] &= write(page, random);
          }
        });
    if (!all[0]) {
      throw new ScenarioException(step + ": the process may not write all of these pages", null);
    }
  }

  /** While no stream is in an operation, and no other step at the pages. */
  private void atRest(int page, int pages, Runnable action) {
    process.atPages(page, pages, () -> process.gate().whileClosed(action));
  }

  private boolean write(int page, SplittableRandom random) {
    byte[] bytes = new byte[BufferModel.PAGE_BYTES];
    random.nextBytes(bytes);
    BufferModel.View before = process.model().view(bytes(page), bytes.length);
    process.model().touch(before.offset(), bytes.length);
    return process.write(before.offset(), bytes) && process.model().settle(before, bytes);
  }

  void munmap(Step.Munmap step) {
    process.atPages(step.page(), step.pages(), () -> unmap(step));
  }

  private void unmap(Step.Munmap step) {
    long va = process.address(step.page());
    process.model().beginChange(step.page(), step.pages());
    process.mm().munmap(va, bytes(step.pages()));
    process.model().unmapped(step.page(), step.pages());
    if (step.remap()) {
      process.mm().mmapFixed(va, bytes(step.pages()), Prot.READ_WRITE);
    }
    Protection now = step.remap() ? Protection.READ_WRITE : Protection.NONE;
    process.model().endChange(step.page(), step.pages(), now);
  }

  void mprotect(Step.Mprotect step) {
    process.atPages(step.page(), step.pages(), () -> protect(step));
  }

  private void protect(Step.Mprotect step) {
    Prot prot =
        switch (step.prot()) {
          case NONE -> Prot.NONE;
          case READ -> Prot.READ;
          case READ_WRITE -> Prot.READ_WRITE;
        };
    process.model().beginChange(step.page(), step.pages());
    process.mm().mprotect(process.address(step.page()), bytes(step.pages()), prot);
    process.model().endChange(step.page(), step.pages(), step.prot());
  }

  @Override
  public void dontNeed(MemoryStep.DontNeed step) {
    process.atPages(step.page(), step.pages(), () -> forget(step));
  }

  private void forget(MemoryStep.DontNeed step) {
    process.model().beginChange(step.page(), step.pages());
    // Before, as the pages stay: what is written in between is unknown to the model by itself.
    process.model().unmapped(step.page(), step.pages());
    process.mm().dontNeed(process.address(step.page()), bytes(step.pages()));
    process.model().endChange(step.page(), step.pages());
  }

  @Override
  public void store(MemoryStep.Store step) {
    long offset = bytes(step.page()) + step.offset();
    byte[] bytes = word(step.value());
    atRest(
        step.page(),
        1,
        () -> {
          BufferModel.View before = process.model().view(offset, bytes.length);
          process.model().touch(offset, bytes.length);
          boolean stored = process.write(offset, bytes);
          judge(stored, step.segv(), offset, "store");
          if (stored && !process.model().settle(before, bytes)) {
            process.model().forget(offset, bytes.length);
          }
        });
  }

  @Override
  public void load(MemoryStep.Load step) {
    long offset = bytes(step.page()) + step.offset();
    atRest(
        step.page(),
        1,
        () -> {
          BufferModel.View view = process.model().view(offset, Long.BYTES);
          byte[] found = process.read(offset, Long.BYTES);
          judge(found != null, step.segv(), offset, "load");
          if (found != null && !step.segv()) {
            loaded(step, view, found);
          }
        });
  }

  private void loaded(MemoryStep.Load step, BufferModel.View view, byte[] found) {
    Long value = step.value();
    byte[] expected = value != null ? word(value) : view.content();
    if (value != null || view.known()) {
      check.compared(found.length);
      check.compare(expected, found, () -> finding(view.offset(), "load"));
    }
  }

  /** Whether an access of the process ended as it must. */
  private void judge(boolean done, boolean segv, long offset, String access) {
    if (done == segv && !process.isEnding()) {
      check.report(
          finding(offset, access + (done ? " is done and must end" : " ends") + " in SIGSEGV"));
    }
  }

  private DataCheck.Finding finding(long offset, String access) {
    return new DataCheck.Finding(
        "cpu",
        Violation.NONE,
        process.base() + offset,
        process.process() + ": page " + offset / BufferModel.PAGE_BYTES + ": " + access);
  }

  private static byte[] word(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  void age(Step.Age step) {
    process.whileAlive(() -> process.mm().age(process.address(step.page()), bytes(step.pages())));
  }

  /** The child, to which no device is bound; null if the parent has ended meanwhile. */
  @Nullable ScenarioProcess fork(Step.Fork step) {
    @Nullable ScenarioProcess[] child = new ScenarioProcess[1];
    atRest(
        0,
        process.model().pages(),
        () -> {
          GuestProcess forked = process.process().fork(step.child());
          BufferModel model = process.model().copy();
          child[0] = new ScenarioProcess(sched, forked, process.base(), model);
        });
    return child[0];
  }

  /** Takes the process away from a device. */
  void unbind(Binding binding) {
    binding.close();
    process.bindings().remove(binding);
  }

  /** Takes the process away from a device that works for it. */
  void unbindWhileBusy(Binding binding) {
    awaitBusy(binding);
    unbind(binding);
  }

  /**
   * Ends the process, while devices work for it if any do.
   *
   * @param busy whether a stream gives them work
   */
  void kill(boolean busy) {
    if (busy) {
      process.bindings().forEach(this::awaitBusy);
    }
    process.end();
    process.process().exit();
    process.bindings().forEach(Binding::close);
    process.bindings().clear();
  }

  /**
   * Ends the process.
   *
   * @param unbind whether it is unbound before; else its devices are taken from it by its death
   */
  void exit(boolean unbind) {
    if (!unbind) {
      kill(false);
      return;
    }
    process.end();
    process.bindings().forEach(Binding::close);
    process.bindings().clear();
    process.process().exit();
  }

  /** Waits until the device has work of the binding in hand, if a stream gives it any. */
  void awaitBusy(Binding binding) {
    long deadline = sched.nanoTime() + BUSY_NANOS;
    while (binding.queue().outstanding() == 0 && sched.nanoTime() < deadline) {
      sched.sleep(BUSY_LOOK_NANOS);
    }
  }

  /** Compares every known byte that the process may read. */
  void verify() {
    atRest(
        0,
        process.model().pages(),
        () -> {
          for (int page = 0; page < process.model().pages(); page++) {
            BufferModel.View view = process.model().view(bytes(page), BufferModel.PAGE_BYTES);
            if (view.readable()) {
              verify(page, view);
            }
          }
        });
  }

  private void verify(int page, BufferModel.View view) {
    byte[] found = process.read(view.offset(), view.length());
    byte[] expected = view.content();
    int unknown = found == null ? 0 : acceptUnknown(view, expected, found);
    check.compared(expected.length - unknown);
    check.compare(expected, found, () -> finding(page, process.process() + ": page " + page));
  }

  /** Makes what was found right where nobody knows what is; how many bytes that are. */
  private int acceptUnknown(BufferModel.View page, byte[] expected, byte[] found) {
    int bytes = 0;
    BufferModel.View unknown = process.model().firstUnknown(page.offset(), page.end());
    while (unknown != null) {
      int at = (int) (unknown.offset() - page.offset());
      System.arraycopy(found, at, expected, at, unknown.length());
      bytes += unknown.length();
      unknown = process.model().firstUnknown(unknown.end(), page.end());
    }
    return bytes;
  }

  private DataCheck.Finding finding(int page, String text) {
    return new DataCheck.Finding("cpu", Violation.NONE, process.address(page), text);
  }

  private static long bytes(int pages) {
    return (long) pages * BufferModel.PAGE_BYTES;
  }
}
