package org.smmulator.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DmaException;
import org.smmulator.device.DmaPort;
import org.smmulator.device.PciFunction;
import org.smmulator.device.execution.Signal;

/**
 * A device of somebody's own, made with the SDK, that no driver of the kernel knows: it copies
 * memory of a PASID as often as it is told, writes after each copy how many there were into a
 * record in memory without PASID, and raises vector 0 when it is through, or stuck.
 */
final class CopierDevice implements DeviceModel {
  static final int VENDOR_ID = 0x1af4;
  static final int DEVICE_ID = 0x7777;

  // BAR 0, 64-bit registers; a write to ROUNDS is the doorbell.
  static final int SOURCE = 0x00;
  static final int DESTINATION = 0x08;
  static final int BYTES = 0x10;
  static final int PASID = 0x18;
  static final int RECORD = 0x20;
  static final int ROUNDS = 0x28;

  /**
   * What has ended a command since the last reset: nothing, {@link #REFUSED}, or something else.
   */
  static final int FAILURE = 0x30;

  static final long REFUSED = 1;

  static final int VECTORS = 2;
  static final int MSIX_TABLE = 0x800;

  private static final int BAR_BYTES = 0x1000;
  private static final int PENDING = 0xc00;
  private static final long ANOTHER_FAILURE = 2;

  private record Command(
      long source, long destination, int bytes, int pasid, long record, long rounds, int epoch) {}

  private final long[] registers = new long[8];
  private final ConcurrentLinkedQueue<Command> commands = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;
  private final AtomicInteger epoch = new AtomicInteger();
  private volatile long failure;
  private volatile boolean busy;
  private @Nullable Signal work;

  /** Whether it is at a command. */
  boolean isBusy() {
    return busy;
  }

  @Override
  public PciFunction function() {
    return PciFunction.builder(VENDOR_ID, DEVICE_ID, 0xff0000)
        .memoryBar64(0, BAR_BYTES)
        .msix(VECTORS, 0, MSIX_TABLE, PENDING)
        .ats(8)
        .pageRequests(32)
        .pasid(16)
        .build();
  }

  @Override
  public void start(DeviceContext deviceContext) {
    Signal signal = new Signal(deviceContext.execution());
    work = signal;
    deviceContext.spawn("copier", () -> work(deviceContext, signal));
  }

  private void work(DeviceContext with, Signal signal) {
    while (!stopped) {
      Command command = commands.poll();
      if (command == null) {
        signal.await(() -> stopped || !commands.isEmpty());
      } else {
        busy = true;
        perform(with, command);
        busy = false;
      }
    }
  }

  private void perform(DeviceContext with, Command command) {
    byte[] data = new byte[command.bytes];
    byte[] count = new byte[Long.BYTES];
    try {
      for (long round = 1; round <= command.rounds && command.epoch == epoch.get(); round++) {
        with.dma().read(command.pasid, command.source, data, 0, data.length);
        with.dma().write(command.pasid, command.destination, data, 0, data.length);
        ByteBuffer.wrap(count).order(ByteOrder.LITTLE_ENDIAN).putLong(0, round);
        with.dma().write(DmaPort.NO_PASID, command.record, count, 0, count.length);
      }
    } catch (DmaException e) {
      boolean refused = e.status() == DmaException.Status.REFUSED;
      failure = command.epoch != epoch.get() ? 0 : refused ? REFUSED : ANOTHER_FAILURE;
    }
    if (command.epoch == epoch.get()) {
      with.msi().raise(0);
    }
  }

  @Override
  public long readBar(int bar, long offset, int sizeBytes) {
    return offset == FAILURE ? failure : offset < FAILURE ? registers[(int) offset / 8] : 0;
  }

  @Override
  public void writeBar(int bar, long offset, int sizeBytes, long value) {
    if (offset >= FAILURE || sizeBytes != Long.BYTES) {
      return;
    }
    registers[(int) offset / 8] = value;
    if (offset == ROUNDS) {
      commands.add(
          new Command(
              registers[SOURCE / 8],
              registers[DESTINATION / 8],
              (int) registers[BYTES / 8],
              (int) registers[PASID / 8],
              registers[RECORD / 8],
              value,
              epoch.get()));
      wake();
    }
  }

  @Override
  public void reset() {
    epoch.incrementAndGet();
    commands.clear();
    Arrays.fill(registers, 0);
    failure = 0;
  }

  @Override
  public void stop() {
    stopped = true;
    epoch.incrementAndGet();
    wake();
  }

  private void wake() {
    Signal signal = work;
    if (signal != null) {
      signal.raise();
    }
  }
}
