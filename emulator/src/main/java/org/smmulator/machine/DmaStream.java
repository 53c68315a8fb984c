package org.smmulator.machine;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.Step.Operation;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaResult;
import org.smmulator.guest.pci.dma.DmaResult.Status;
import org.smmulator.guest.sched.Sched;
import org.smmulator.machine.AddressStream.Item;
import org.smmulator.machine.BufferModel.View;
import org.smmulator.machine.ScenarioProcess.Binding;

/**
 * One process's stream: each operation runs on every device in turn, and after each the buffer is
 * compared with its model. Before an operation that writes, the process scribbles over the
 * destination, so that one device's result cannot pass for another's. An operation whose pages a
 * step changed meanwhile may end either way; what its destination holds is unknown from then on,
 * until an operation needs it and the mapping lets the process write or read it.
 */
final class DmaStream {
  private static final long OPERATION_NANOS = 30_000_000_000L;

  private final Sched sched;
  private final ScenarioProcess process;
  private final List<Binding> bindings;
  private final DataCheck check;
  private final AddressStream addresses;
  private final SplittableRandom noise;
  private final DmaOutcomes outcomes;

  DmaStream(
      Sched sched,
      ScenarioProcess process,
      List<Binding> bindings,
      AddressStream addresses,
      DataCheck check,
      DmaOutcomes outcomes) {
    this.sched = sched;
    this.process = process;
    this.bindings = bindings;
    this.addresses = addresses;
    this.check = check;
    this.outcomes = outcomes;
    this.noise = new SplittableRandom(process.base() ^ bindings.size());
  }

  void run(int operations) {
    for (int i = 0; i < operations && !isOver(); i++) {
      Item item = addresses.next();
      process.gate().enter();
      try {
        for (int device = 0; device < bindings.size(); device++) {
          // Each device gets to be the one that touches a page first.
          Binding binding = bindings.get((i + device) % bindings.size());
          if (!binding.isEnding()) {
            perform(binding, item);
            outcomes.over();
          }
        }
      } finally {
        process.gate().leave();
      }
    }
  }

  private boolean isOver() {
    return process.isEnding() || bindings.stream().allMatch(Binding::isEnding);
  }

  /** Whether no device is left that could do anything: what is at work ends at once. */
  boolean isCutOff() {
    return bindings.stream().allMatch(binding -> binding.queue().isCutOff());
  }

  private void perform(Binding binding, Item item) {
    settleOperands(item);
    boolean scribbles = item.writes() && process.model().touch(item.destination(), item.length());
    Operands before = look(item);
    if (scribbles && before.destination.writable()) {
      process.write(item.destination(), noise(item.length()));
    }
    check.begun();
    DmaResult result = binding.queue().run(operation(item), sched.nanoTime() + OPERATION_NANOS);
    count(binding, result.status());
    byte[] found =
        item.writes() && before.permitted()
            ? process.read(item.destination(), item.length())
            : null;
    boolean holds = judge(binding, item, before, result, found);
    if (item.writes() && !holds) {
      process.model().forget(item.destination(), item.length());
    }
  }

  private void count(Binding binding, Status status) {
    if (status == Status.OK || status == Status.MISMATCH) {
      outcomes.completed();
    } else if (status != Status.BAD_DESCRIPTOR && hasEnded(binding, status)) {
      outcomes.refused();
    } else {
      outcomes.failed();
    }
  }

  /** The operands before an operation; one that the operation does not have is {@code NOTHING}. */
  private record Operands(View source, View destination, boolean writes) {
    boolean permitted() {
      return source.readable() && (writes ? destination.writable() : destination.readable());
    }

    /** Whether the outcome follows from them. */
    boolean decide() {
      return !permitted() || (source.known() && (writes || destination.known()));
    }
  }

  /** Looks at both operands before the operation: what a step changes later must not judge it. */
  private Operands look(Item item) {
    BufferModel model = process.model();
    return new Operands(
        item.reads() ? model.view(item.source(), item.length()) : View.NOTHING,
        item.usesDestination() ? model.view(item.destination(), item.length()) : View.NOTHING,
        item.writes());
  }

  private boolean raced(Operands before) {
    BufferModel model = process.model();
    return !model.isUnchanged(before.source)
        || !model.isUnchanged(before.destination)
        || !before.decide();
  }

  /** Whether the model now has what the operation wrote; else nobody knows what is there. */
  private boolean judge(
      Binding binding, Item item, Operands before, DmaResult result, byte @Nullable [] found) {
    if (binding.isEnding()) {
      binding.awaitClosed(); // Until then the device may go on.
      return false;
    }
    if (!hasEnded(binding, result.status())) {
      outcomes.unended();
      check.reportUnended(finding(binding, item, "ended " + result.status()));
      if (result.status() != Status.DEVICE_TIME_OUT) {
        binding.close(); // The device may still be at it, or will do no more.
      }
      return false;
    }
    if (raced(before)) {
      return false;
    }
    if (!before.permitted()) {
      verifyRefused(binding, item, before, result);
      return false;
    }
    return verify(binding, item, before, result, found);
  }

  /** Whether the device did the operation or said why not; a device that was cut off cannot. */
  private static boolean hasEnded(Binding binding, Status status) {
    return switch (status) {
      case OK, BAD_DESCRIPTOR, REFUSED, MISMATCH -> true;
      case UNSUPPORTED_REQUEST, COMPLETER_ABORT -> !binding.queue().isCutOff();
      case STOPPED, DEVICE_TIME_OUT, NO_ANSWER, GONE -> false;
    };
  }

  private boolean verify(
      Binding binding, Item item, Operands before, DmaResult result, byte @Nullable [] found) {
    byte[] source = before.source.content();
    return switch (item.operation()) {
      case COPY -> verifyWritten(binding, item, before, result, source, found);
      case FILL -> verifyWritten(binding, item, before, result, filled(item), found);
      case CRC -> verifyCrc(binding, item, result, source);
      case COMPARE -> verifyComparison(binding, item, result, source, before.destination.content());
    };
  }

  private boolean verifyWritten(
      Binding binding,
      Item item,
      Operands before,
      DmaResult result,
      byte[] expected,
      byte @Nullable [] found) {
    if (!expect(binding, item, result, Status.OK)) {
      return false;
    }
    check.compared(expected.length);
    return check.compare(expected, found, () -> finding(binding, item, "the destination"))
        && process.model().settle(before.destination, expected);
  }

  private boolean verifyCrc(Binding binding, Item item, DmaResult result, byte[] source) {
    if (expect(binding, item, result, Status.OK)) {
      CRC32C crc = new CRC32C();
      crc.update(source);
      check.compared(source.length);
      if (crc.getValue() != result.value()) {
        check.report(
            finding(
                binding,
                item,
                String.format(
                    "CRC-32C is 0x%08x and must be 0x%08x", result.value(), crc.getValue())));
      }
    }
    return true;
  }

  private boolean verifyComparison(
      Binding binding, Item item, DmaResult result, byte[] first, byte[] second) {
    int difference = Arrays.mismatch(first, second);
    check.compared(first.length);
    if (expect(binding, item, result, difference < 0 ? Status.OK : Status.MISMATCH)
        && difference >= 0
        && result.address() != difference) {
      check.report(
          finding(
              binding,
              item,
              "first difference at " + result.address() + " and must be at " + difference));
    }
    return true;
  }

  /**
   * How an operation ends that one of its operands does not permit. Without ATS a device learns
   * only that it may not read: a write to a page that may be read alone is dropped in silence.
   */
  private static Status refusal(Binding binding, Operands before) {
    if (!binding.queue().stalls()) {
      return Status.REFUSED;
    }
    boolean readable = before.source.readable() && before.destination.readable();
    return readable ? Status.OK : Status.UNSUPPORTED_REQUEST;
  }

  /** A comparison may also end before it comes to what it may not read. */
  private void verifyRefused(Binding binding, Item item, Operands before, DmaResult result) {
    View first = before.source;
    View second = before.destination;
    int readable = Math.min(first.readableBytes(), second.readableBytes());
    int known = Math.min(first.knownBytes(), second.knownBytes());
    if (item.operation() != Operation.COMPARE || result.status() != Status.MISMATCH) {
      expect(binding, item, result, refusal(binding, before));
    } else if (known >= readable
        && result.address()
            != Arrays.mismatch(first.content(), 0, readable, second.content(), 0, readable)) {
      String where = "first difference at " + result.address() + ", where the " + readable;
      check.report(finding(binding, item, where + " bytes that may be read have none"));
    }
  }

  private boolean expect(Binding binding, Item item, DmaResult result, Status status) {
    if (result.status() != status) {
      check.report(finding(binding, item, "ended " + result.status() + " and must end " + status));
    }
    return result.status() == status;
  }

  private DataCheck.Finding finding(Binding binding, Item item, String text) {
    return new DataCheck.Finding(
        binding.device(),
        binding.queue().pasid(),
        process.base() + (item.usesDestination() ? item.destination() : item.source()),
        process.process() + ": " + item.operation() + ": " + text);
  }

  private DmaOperation operation(Item item) {
    long source = process.base() + item.source();
    long destination = process.base() + item.destination();
    return switch (item.operation()) {
      case COPY -> DmaOperation.copy(source, destination, item.length());
      case FILL -> DmaOperation.fill(destination, item.length(), item.pattern());
      case COMPARE -> DmaOperation.compare(source, destination, item.length());
      case CRC -> DmaOperation.crc32c(source, item.length());
    };
  }

  private static byte[] filled(Item item) {
    byte[] bytes = new byte[item.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (item.pattern() >>> (i % 8 * 8));
    }
    return bytes;
  }

  private void settleOperands(Item item) {
    if (item.reads()) {
      settle(item.source(), item.length());
    }
    if (item.usesDestination() && !item.writes()) {
      settle(item.destination(), item.length());
    }
  }

  /** Gives unknown bytes content that process and model agree on, where the mapping lets it. */
  private void settle(long offset, int length) {
    BufferModel model = process.model();
    View unknown = model.firstUnknown(offset, offset + length);
    while (unknown != null) {
      if (unknown.writable()) {
        overwrite(unknown);
      } else if (unknown.readable()) {
        learn(unknown);
      }
      unknown = model.firstUnknown(unknown.end(), offset + length);
    }
  }

  private void overwrite(View unknown) {
    byte[] bytes = noise(unknown.length());
    if (!process.write(unknown.offset(), bytes) || !process.model().settle(unknown, bytes)) {
      process.model().forget(unknown.offset(), unknown.length());
    }
  }

  private void learn(View unknown) {
    byte[] found = process.read(unknown.offset(), unknown.length());
    if (found != null) {
      process.model().settle(unknown, found);
    }
  }

  private byte[] noise(int length) {
    byte[] bytes = new byte[length];
    noise.nextBytes(bytes);
    return bytes;
  }
}
