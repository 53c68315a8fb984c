package org.smmulator.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.device.atc.Permissions;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.metrics.AtcTable;
import org.smmulator.pcie.AtcContents;
import org.smmulator.pcie.RootComplex;

/**
 * Those who ask the hardware and wait for its answer. Callable by any task, and on threads by any
 * thread; not by the hardware's loop itself. Without an answer they throw an {@link
 * IllegalStateException} whose message says why.
 */
final class Enquiries {
  private static final long ANSWER_NANOS = 5_000_000_000L;

  /** Less: a device that does not answer must not cost others that wait for the machine much. */
  private static final long ATC_NANOS = 2_000_000_000L;

  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long IN_PAGE = 0xfff;
  private static final int LISTED = 8;

  private final Execution execution;
  private final Loop loop;
  private final RootComplex root;
  private IntFunction<@Nullable PluggedDevice> plugged = id -> null;

  Enquiries(Execution execution, Loop loop, RootComplex root) {
    this.execution = execution;
    this.loop = loop;
    this.root = root;
  }

  /** Where the machine's own devices are found by their requester IDs. */
  void plugged(IntFunction<@Nullable PluggedDevice> devices) {
    plugged = devices;
  }

  /** The answer of a step on the hardware's loop. Who looks while nothing runs takes it himself. */
  <T> T ask(Supplier<T> step) {
    if (execution.isVisited()) {
      return answer(step).get();
    }
    Supplier<T> answer = await(answered -> answered.accept(answer(step)), ANSWER_NANOS);
    if (answer == null) {
      throw new IllegalStateException(
          "the machine is busy: its hardware has not answered for "
              + ANSWER_NANOS / SECOND_NANOS
              + " s; ask again");
    }
    return answer.get();
  }

  private static <T> Supplier<T> answer(Supplier<T> step) {
    try {
      T value = step.get();
      return () -> value;
    } catch (RuntimeException e) {
      return () -> {
        throw new IllegalStateException("the hardware failed: " + e, e);
      };
    }
  }

  /** What a step on the loop has answered, perhaps later than in that step; null if not in time. */
  private <T> @Nullable Supplier<T> await(Consumer<Consumer<Supplier<T>>> step, long patience) {
    AtomicReference<@Nullable Supplier<T>> answer = new AtomicReference<>();
    Execution.Handle asking = execution.current();
    execute(
        () ->
            step.accept(
                value -> {
                  answer.set(value);
                  execution.unpark(asking);
                }));
    long deadline = execution.nanoTime() + patience;
    while (answer.get() == null && execution.nanoTime() < deadline) {
      execution.park(deadline);
    }
    return answer.get();
  }

  private void execute(Runnable step) {
    try {
      loop.execute(step);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the machine has stopped", e);
    }
  }

  /**
   * What a device's ATC holds of the pages from one address to another, unsigned. Who looks while
   * nothing runs reads it from the device: a question on the link would change the run.
   */
  AtcContents atc(int requesterId, long from, long to) {
    return execution.isVisited() ? read(requesterId, from, to) : asked(requesterId, from, to);
  }

  private AtcContents read(int requesterId, long from, long to) {
    PluggedDevice device = plugged.apply(requesterId);
    List<AtcEntries.Entry> entries = new ArrayList<>();
    AtcEntries part = device == null ? null : device.atcAtRest(new AtcRead(0, from, to));
    while (device != null && part != null) {
      entries.addAll(part.entries());
      boolean whole = part.next() == (long) part.sets() * part.ways();
      if (whole || entries.size() >= AtcContents.MOST_ENTRIES) {
        return new AtcContents(
            device.label(), device.id().toString(), part.sets(), part.ways(), entries, whole);
      }
      part = device.atcAtRest(new AtcRead(part.next(), from, to));
    }
    throw new IllegalStateException("no device is attached at " + new PciAddress(requesterId));
  }

  private AtcContents asked(int requesterId, long from, long to) {
    Waiting waiting = new Waiting();
    Supplier<AtcContents> answer =
        await(
            answered -> {
              waiting.answered = answered;
              root.askAtc(requesterId, from, to, waiting);
            },
            ATC_NANOS);
    if (answer == null) {
      execute(() -> root.giveUpAtc(requesterId, waiting));
      throw new IllegalStateException(
          "device "
              + new PciAddress(requesterId)
              + " has not told what its ATC holds for "
              + ATC_NANOS / SECOND_NANOS
              + " s");
    }
    return answer.get();
  }

  /** Who waits for what an ATC holds; the loop's. */
  private static final class Waiting implements AtcContents.Asker {
    private Consumer<Supplier<AtcContents>> answered = answer -> {};

    @Override
    public void told(AtcContents contents) {
      answered.accept(() -> contents);
    }

    @Override
    public void refused(String why) {
      answered.accept(
          () -> {
            throw new IllegalStateException(why);
          });
    }
  }

  /** Explains what a device's ATC holds of one page, a line each. */
  List<String> explainAtc(int requesterId, int pasid, long address) {
    try {
      AtcContents contents = atc(requesterId, address & ~IN_PAGE, address | IN_PAGE);
      return atcLines(contents.entries().stream().filter(e -> e.pasid() == pasid).toList());
    } catch (IllegalStateException e) {
      return List.of("ATC: not known; " + e.getMessage());
    }
  }

  private static List<String> atcLines(List<AtcEntries.Entry> held) {
    List<String> lines = new ArrayList<>();
    for (AtcEntries.Entry entry : held.subList(0, Math.min(held.size(), LISTED))) {
      lines.add(
          String.format(
              "ATC: the device holds 0x%x as 0x%x, %s, of a translation of %s; %,d fills and hits"
                  + " since it was used",
              entry.address(),
              entry.translated(),
              Permissions.text(entry.permissions()),
              AtcTable.size(entry.sizeLog2()),
              entry.age()));
    }
    return held.isEmpty() ? List.of("ATC: the device holds nothing of this page") : lines;
  }
}
