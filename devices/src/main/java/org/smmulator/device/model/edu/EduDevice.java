package org.smmulator.device.model.edu;

import static org.smmulator.device.DmaPort.NO_PASID;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DmaException;
import org.smmulator.device.DmaException.Status;
import org.smmulator.device.PciFunction;
import org.smmulator.execution.Loop.Timer;

/**
 * The {@code edu} device: a liveness check, a factorial, an interrupt at will, and one DMA transfer
 * at a time between memory and a buffer of 4 KiB, 100 ms after it is commanded. Its accesses carry
 * no PASID. Runs on the BAR task alone.
 *
 * <p>A transfer that does not fit the buffer moves nothing, and ends at its time like any other. A
 * read that fails leaves zeros in the buffer. Neither shows in a register, as on the original.
 */
public final class EduDevice implements DeviceModel {
  /** The addresses that the device reaches by default: 28 bits. */
  public static final long DEFAULT_DMA_MASK = (1L << 28) - 1;

  private static final Logger log = LoggerFactory.getLogger(EduDevice.class);
  private static final long DMA_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int BUFFER = 0x40000;
  private static final int BUFFER_BYTES = 4096;

  private static final int IDENTIFICATION = 0x00;
  private static final int LIVENESS = 0x04;
  private static final int FACTORIAL = 0x08;
  private static final int STATUS = 0x20;
  private static final int INTERRUPT_STATUS = 0x24;
  private static final int INTERRUPT_RAISE = 0x60;
  private static final int INTERRUPT_ACKNOWLEDGE = 0x64;
  private static final int DMA_SOURCE = 0x80;
  private static final int DMA_DESTINATION = 0x88;
  private static final int DMA_COUNT = 0x90;
  private static final int DMA_COMMAND = 0x98;

  private static final long IDENTIFICATION_VALUE = 0x0100_00ED;
  private static final int STATUS_INTERRUPT = 0x80;
  private static final int COMMAND_RUN = 0x1;
  private static final int COMMAND_TO_MEMORY = 0x2;
  private static final int COMMAND_INTERRUPT = 0x4;
  private static final int FACTORIAL_DONE = 0x1;
  private static final int DMA_DONE = 0x100;

  /** 34! is a multiple of 2^32: from there on the register reads zero. */
  private static final int FIRST_ZERO_FACTORIAL = 34;

  private final long dmaMask;
  private final LongSupplier transferNanos;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int inverted;
  private int factorial;
  private int status;
  private int interrupts;
  private long source;
  private long destination;
  private long count;
  private long command;
  private @Nullable DeviceContext context;
  private @Nullable Timer timer;

  /**
   * A device.
   *
   * @param dmaMask the bits of an address that it drives; the others are zero
   */
  public EduDevice(long dmaMask) {
    this(dmaMask, () -> DMA_NANOS);
  }

  /**
   * @param transferNanos asked for each transfer how long it takes
   */
  EduDevice(long dmaMask, LongSupplier transferNanos) {
    this.dmaMask = dmaMask;
    this.transferNanos = transferNanos;
  }

  @Override
  public PciFunction function() {
    return PciFunction.builder(0x1234, 0x11E8, 0x00FF00)
        .revision(0x10)
        .subsystem(0x1AF4, 0x1100)
        .memoryBar32(0, 1 << 20)
        .interruptPin()
        .msi()
        .build();
  }

  @Override
  public void start(DeviceContext deviceContext) {
    context = deviceContext;
  }

  /** Below 0x80 with 4 bytes, above with 4 or 8; nothing is wider than its register. */
  private static boolean takes(long offset, int sizeBytes) {
    return sizeBytes == 4 || (sizeBytes == 8 && offset >= DMA_SOURCE);
  }

  @Override
  public long readBar(int bar, long offset, int sizeBytes) {
    if (sizeBytes < 4) {
      return 0;
    }
    return takes(offset, sizeBytes) ? register((int) offset) : -1;
  }

  private long register(int offset) {
    return switch (offset) {
      case IDENTIFICATION -> IDENTIFICATION_VALUE;
      case LIVENESS -> inverted;
      case FACTORIAL -> factorial;
      case STATUS -> status;
      case INTERRUPT_STATUS -> interrupts;
      case DMA_SOURCE -> source;
      case DMA_DESTINATION -> destination;
      case DMA_COUNT -> count;
      case DMA_COMMAND -> command;
      default -> -1;
    };
  }

  @Override
  public void writeBar(int bar, long offset, int sizeBytes, long value) {
    if (!takes(offset, sizeBytes)) {
      return;
    }
    switch ((int) offset) {
      case LIVENESS -> inverted = ~(int) value;
      case FACTORIAL -> compute((int) value);
      case STATUS -> status = (int) value & STATUS_INTERRUPT;
      case INTERRUPT_RAISE -> raise((int) value);
      case INTERRUPT_ACKNOWLEDGE -> acknowledge((int) value);
      case DMA_SOURCE, DMA_DESTINATION, DMA_COUNT, DMA_COMMAND -> dma((int) offset, value);
      default -> {}
    }
  }

  private void compute(int operand) {
    int product = 1;
    int last = Integer.compareUnsigned(operand, FIRST_ZERO_FACTORIAL) < 0 ? operand : 0;
    for (int factor = 2; factor <= last; factor++) {
      product *= factor;
    }
    factorial = last == operand ? product : 0;
    if ((status & STATUS_INTERRUPT) != 0) {
      raise(FACTORIAL_DONE);
    }
  }

  private void raise(int reasons) {
    interrupts |= reasons;
    if (interrupts != 0) {
      context().msi().raise(0);
      context().setInterruptPin(true);
    }
  }

  private void acknowledge(int reasons) {
    interrupts &= ~reasons;
    if (interrupts == 0) {
      context().setInterruptPin(false);
    }
  }

  /** While a transfer runs its registers stand still; a command starts one, or is ignored. */
  private void dma(int offset, long value) {
    if ((command & COMMAND_RUN) != 0) {
      return;
    }
    switch (offset) {
      case DMA_SOURCE -> source = value;
      case DMA_DESTINATION -> destination = value;
      case DMA_COUNT -> count = value;
      default -> {
        if ((value & COMMAND_RUN) != 0) {
          command = value;
          timer = context().schedule(this::transfer, transferNanos.getAsLong());
        }
      }
    }
  }

  private void transfer() {
    boolean toMemory = (command & COMMAND_TO_MEMORY) != 0;
    long inside = (toMemory ? source : destination) - BUFFER;
    long address = toMemory ? destination : source;
    if (inside < 0 || inside > BUFFER_BYTES || count < 0 || count > BUFFER_BYTES - inside) {
      log.debug(
          "DMA of 0x{} bytes at 0x{} of the buffer does not fit, and moves nothing",
          Long.toHexString(count),
          Long.toHexString(inside));
      finish();
      return;
    }
    if ((address & ~dmaMask) != 0) {
      log.debug(
          "DMA address 0x{} is beyond dma_mask, and becomes 0x{}",
          Long.toHexString(address),
          Long.toHexString(address & dmaMask));
    }
    access(toMemory, address & dmaMask, (int) inside, (int) count);
  }

  private void access(boolean toMemory, long address, int inside, int bytes) {
    if (toMemory) {
      context().dma().startWrite(NO_PASID, address, buffer, inside, bytes, this::ended);
    } else {
      context()
          .dma()
          .startRead(
              NO_PASID,
              address,
              buffer,
              inside,
              bytes,
              failure -> {
                if (failure != null) {
                  Arrays.fill(buffer, inside, inside + bytes, (byte) 0);
                }
                ended(failure);
              });
    }
  }

  private void ended(@Nullable DmaException failure) {
    if (failure != null && failure.status() == Status.LINK_DOWN) {
      return;
    }
    finish();
  }

  private void finish() {
    command &= ~COMMAND_RUN;
    if ((command & COMMAND_INTERRUPT) != 0) {
      raise(DMA_DONE);
    }
  }

  @Override
  public void reset() {
    stop();
    Arrays.fill(buffer, (byte) 0);
    inverted = 0;
    factorial = 0;
    status = 0;
    interrupts = 0;
    source = 0;
    destination = 0;
    count = 0;
    command = 0;
  }

  @Override
  public void stop() {
    if (timer != null) {
      timer.cancel();
    }
  }

  private DeviceContext context() {
    if (context == null) {
      throw new IllegalStateException("an access to a device that was not started");
    }
    return context;
  }
}
