package org.smmulator.machine;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaResult;
import org.smmulator.guest.pci.dma.DmaResult.Status;
import org.smmulator.guest.sched.Sched;
import org.smmulator.machine.AddressStream.Item;
import org.smmulator.machine.ScenarioProcess.Binding;

/**
 * One process's stream: each operation runs on every device in turn, and after each the buffer is
 * compared with its model. Before an operation that writes, the process scribbles over the
 * destination, so that one device's result cannot pass for another's. An operation whose pages a
 * step changed meanwhile may end either way; its destination is written anew by the process.
 */
final class DmaStream {
  private static final long OPERATION_NANOS = 30_000_000_000L;

  private final Sched sched;
  private final ScenarioProcess process;
  private final List<Binding> bindings;
  private final DataCheck check;
  private final AddressStream addresses;
  private final SplittableRandom noise;
  private final AtomicLong progress;

  DmaStream(
      Sched sched,
      ScenarioProcess process,
      List<Binding> bindings,
      AddressStream addresses,
      DataCheck check,
      AtomicLong progress) {
    this.sched = sched;
    this.process = process;
    this.bindings = bindings;
    this.addresses = addresses;
    this.check = check;
    this.progress = progress;
    this.noise = new SplittableRandom(process.base() ^ bindings.size());
  }

  void run(int operations) {
    for (int i = 0; i < operations && !process.isEnding(); i++) {
      Item item = addresses.next();
      process.gate().enter();
      try {
        for (int device = 0; device < bindings.size(); device++) {
          // Each device gets to be the one that touches a page first.
          Binding binding = bindings.get((i + device) % bindings.size());
          if (!binding.isEnding()) {
            perform(binding, item);
            progress.incrementAndGet();
          }
        }
      } finally {
        process.gate().leave();
      }
    }
  }

  private void perform(Binding binding, Item item) {
    BufferModel model = process.model();
    long before = stamp(item);
    if (item.writes() && model.touch(item.destination(), item.length())) {
      scribble(item);
    }
    boolean permitted = isPermitted(item);
    byte[] source = item.reads() ? model.read(item.source(), item.length()) : new byte[0];
    DmaResult result = binding.queue().run(operation(item), sched.nanoTime() + OPERATION_NANOS);
    if (binding.isEnding()) {
      if (!process.isEnding()) {
        rewrite(item);
      }
      return;
    }
    byte[] found = permitted && item.writes() ? readDestination(item) : new byte[0];
    boolean raced = before < 0 || stamp(item) != before;
    if (binding.queue().isStopped()) {
      expect(binding, item, result, Status.OK);
      binding.end();
    } else if (raced) {
      rewrite(item);
    } else if (!permitted) {
      expect(binding, item, result, Status.REFUSED);
      rewrite(item);
    } else {
      verify(binding, item, result, source, found);
    }
  }

  private void verify(Binding binding, Item item, DmaResult result, byte[] source, byte[] found) {
    switch (item.operation()) {
      case COPY -> verifyWritten(binding, item, result, source, found);
      case FILL -> verifyWritten(binding, item, result, filled(item), found);
      case CRC -> verifyCrc(binding, item, result, source);
      case COMPARE -> verifyComparison(binding, item, result, source);
    }
  }

  private void verifyWritten(
      Binding binding, Item item, DmaResult result, byte[] expected, byte[] found) {
    boolean ok = expect(binding, item, result, Status.OK);
    ok &= check.compare(expected, found, mismatch(binding, item, "the destination"));
    if (!ok
        || !process
            .model()
            .writeIfUnchanged(item.destination(), expected, stampOfDestination(item))) {
      rewrite(item);
    }
  }

  private void verifyCrc(Binding binding, Item item, DmaResult result, byte[] source) {
    if (expect(binding, item, result, Status.OK)) {
      CRC32C crc = new CRC32C();
      crc.update(source);
      check.compared(source.length);
      if (crc.getValue() != result.value()) {
        check.report(
            mismatch(
                binding,
                item,
                String.format(
                    "CRC-32C is 0x%08x and must be 0x%08x", result.value(), crc.getValue())));
      }
    }
  }

  private void verifyComparison(Binding binding, Item item, DmaResult result, byte[] source) {
    byte[] second = process.model().read(item.destination(), item.length());
    int difference = Arrays.mismatch(source, second);
    check.compared(source.length);
    if (expect(binding, item, result, difference < 0 ? Status.OK : Status.MISMATCH)
        && difference >= 0
        && result.address() != difference) {
      check.report(
          mismatch(
              binding,
              item,
              "first difference at " + result.address() + " and must be at " + difference));
    }
  }

  private boolean expect(Binding binding, Item item, DmaResult result, Status status) {
    if (result.status() != status) {
      check.report(mismatch(binding, item, "ended " + result.status() + " and must end " + status));
    }
    return result.status() == status;
  }

  private DataCheck.Mismatch mismatch(Binding binding, Item item, String text) {
    return new DataCheck.Mismatch(
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

  private boolean isPermitted(Item item) {
    BufferModel model = process.model();
    return (!item.reads() || model.permits(item.source(), item.length(), false))
        && (!item.usesDestination()
            || model.permits(item.destination(), item.length(), item.writes()));
  }

  private long stamp(Item item) {
    BufferModel model = process.model();
    long source = item.reads() ? model.stamp(item.source(), item.length()) : 0;
    long destination = item.usesDestination() ? stampOfDestination(item) : 0;
    return source < 0 || destination < 0 ? -1 : source + destination;
  }

  private long stampOfDestination(Item item) {
    return process.model().stamp(item.destination(), item.length());
  }

  private void scribble(Item item) {
    if (!process.model().permits(item.destination(), item.length(), true)) {
      return;
    }
    try {
      process.write(item.destination(), noise(item.length()));
    } catch (SegmentationFault e) {
      // A step is changing the pages: the operation counts as raced.
    }
  }

  private byte[] readDestination(Item item) {
    try {
      return process.read(item.destination(), item.length());
    } catch (SegmentationFault e) {
      return new byte[0];
    }
  }

  /** Gives the destination content that process and model agree on. */
  private void rewrite(Item item) {
    if (!item.writes()) {
      return;
    }
    for (long at = item.destination(); at < item.destination() + item.length(); ) {
      long pageEnd = (at / BufferModel.PAGE_BYTES + 1) * BufferModel.PAGE_BYTES;
      int length = (int) (Math.min(pageEnd, item.destination() + item.length()) - at);
      rewrite(at, noise(length));
      at += length;
    }
  }

  private void rewrite(long offset, byte[] bytes) {
    BufferModel model = process.model();
    long deadline = sched.nanoTime() + OPERATION_NANOS;
    while (sched.nanoTime() < deadline) {
      long stamp = model.stamp(offset, bytes.length);
      if (stamp < 0) {
        sched.sleep(100_000); // a step is at it, perhaps until an invalidation times out
      } else if (!model.permits(offset, bytes.length, true)) {
        return;
      } else {
        try {
          process.write(offset, bytes);
          if (model.writeIfUnchanged(offset, bytes, stamp)) {
            return;
          }
        } catch (SegmentationFault e) {
          // The mapping changed between the look and the write: look again.
        }
      }
    }
    throw new IllegalStateException(
        process.process() + ": pages at offset 0x" + Long.toHexString(offset) + " never settled");
  }

  private byte[] noise(int length) {
    byte[] bytes = new byte[length];
    noise.nextBytes(bytes);
    return bytes;
  }
}
