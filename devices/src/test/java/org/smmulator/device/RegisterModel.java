package org.smmulator.device;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A model that remembers what it is told, and hands its DMA port to the test. */
final class RegisterModel implements DeviceModel {
  static final int BAR_BYTES = 0x4000;
  static final int MSIX_TABLE = 0x1000;
  static final int MSIX_PENDING = 0x2000;

  final CompletableFuture<DeviceContext> context = new CompletableFuture<>();
  final CompletableFuture<Boolean> stopped = new CompletableFuture<>();
  final Map<Long, Long> registers = new ConcurrentHashMap<>();
  final CompletableFuture<Runnable> resetHeld = new CompletableFuture<>();
  volatile boolean holdReset;
  final List<String> calls = new CopyOnWriteArrayList<>();

  @Override
  public PciFunction function() {
    return PciFunction.builder(0x1234, 0x5678, 0xABCDEF)
        .revision(0x42)
        .memoryBar64(0, BAR_BYTES)
        .memoryBar32(2, 0x100)
        .msix(3, 0, MSIX_TABLE, MSIX_PENDING)
        .ats(32)
        .pageRequests(8)
        .pasid(10)
        .build();
  }

  @Override
  public void start(DeviceContext deviceContext) {
    context.complete(deviceContext);
  }

  @Override
  public long readBar(int bar, long offset, int sizeBytes) {
    calls.add("read" + sizeBytes + " " + Long.toHexString(offset));
    return registers.getOrDefault(offset, 0L);
  }

  @Override
  public void writeBar(int bar, long offset, int sizeBytes, long value) {
    calls.add("write" + sizeBytes + " " + Long.toHexString(offset));
    registers.put(offset, value);
  }

  @Override
  public void reset() {
    calls.add("reset");
  }

  /** Resets, and is over when the test says so, if it wants to. */
  @Override
  public void reset(Runnable over) {
    reset();
    if (holdReset) {
      resetHeld.complete(over);
    } else {
      over.run();
    }
  }

  @Override
  public void stop() {
    calls.add("stop");
    stopped.complete(true);
  }
}
