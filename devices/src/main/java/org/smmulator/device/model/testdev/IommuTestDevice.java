package org.smmulator.device.model.testdev;

import static org.smmulator.device.DmaPort.NO_PASID;

import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.PciFunction;
import org.smmulator.device.SystemMemory;
import org.smmulator.device.SystemMemory.Answer;

/**
 * The {@code iommu-testdev} device: once armed, a read of its trigger register writes a pattern
 * through the IOMMU, without PASID, reads it back from a physical address, compares, and is
 * answered when that is done. Runs on the BAR task alone.
 *
 * <p>Security attributes are checked for consistency and have no other effect. A length above
 * {@link #MOST_BYTES} is a bad one: the original takes any.
 */
public final class IommuTestDevice implements DeviceModel {
  /** The longest transfer. */
  public static final int MOST_BYTES = 1 << 20;

  private static final int TRIGGER = 0x00;
  private static final int IOVA_LOW = 0x04;
  private static final int IOVA_HIGH = 0x08;
  private static final int LENGTH = 0x0C;
  private static final int RESULT = 0x10;
  private static final int DOORBELL = 0x14;
  private static final int ATTRIBUTES = 0x18;
  private static final int PHYSICAL_LOW = 0x1C;
  private static final int PHYSICAL_HIGH = 0x20;
  private static final int BAR_BYTES = 0x1000;

  private static final int IDLE = 0xFFFF_FFFF;
  private static final int ARMED = 0xFFFF_FFFE;
  private static final int SUCCESS = 0;
  private static final int BAD_LENGTH = 0xDEAD_0001;
  private static final int WRITE_FAILED = 0xDEAD_0002;
  private static final int READ_FAILED = 0xDEAD_0003;
  private static final int MISMATCH = 0xDEAD_0004;
  private static final int NOT_ARMED = 0xDEAD_0005;
  private static final int BAD_ATTRIBUTES = 0xDEAD_0006;

  private static final int PATTERN = 0x1234_5678;
  private static final int SECURE = 1;
  private static final int SPACE_SECURE = 0;
  private static final int SPACE_NON_SECURE = 1;
  private static final int SPACE_VALID = 1 << 3;
  private static final int ATTRIBUTES_AT_RESET = SPACE_NON_SECURE << 1;

  private final SystemMemory memory;
  private long iova;
  private long physical;
  private int length;
  private int result = IDLE;
  private int attributes = ATTRIBUTES_AT_RESET;
  private boolean armed;
  private @Nullable DeviceContext context;

  public IommuTestDevice(SystemMemory memory) {
    this.memory = memory;
  }

  @Override
  public PciFunction function() {
    return PciFunction.builder(0x1B36, 0x0005, 0x00FF00)
        .subsystem(0x1AF4, 0x1100)
        .memoryBar32(0, BAR_BYTES)
        .build();
  }

  @Override
  public void start(DeviceContext deviceContext) {
    context = deviceContext;
  }

  @Override
  public void readBar(int bar, long offset, int sizeBytes, LongConsumer answer) {
    if (offset != TRIGGER || sizeBytes < 4) {
      answer.accept(readBar(bar, offset, sizeBytes));
    } else {
      trigger(code -> finish(code, sizeBytes, answer));
    }
  }

  /** What hears the result of a trigger. */
  private interface Ended {
    void with(int code);
  }

  /** Takes the armed request; the registers count as they are now. */
  private void trigger(Ended ended) {
    boolean wasArmed = armed;
    armed = false;
    if (!wasArmed) {
      ended.with(NOT_ARMED);
    } else if (length <= 0 || length > MOST_BYTES) {
      ended.with(BAD_LENGTH);
    } else if (areAttributesInconsistent()) {
      ended.with(BAD_ATTRIBUTES);
    } else {
      write(ended);
    }
  }

  private void write(Ended ended) {
    byte[] written = new byte[length];
    for (int i = 0; i < written.length; i++) {
      written[i] = (byte) (PATTERN >>> (8 * (i & 3)));
    }
    long readFrom = physical;
    context()
        .dma()
        .startWrite(
            NO_PASID,
            iova,
            written,
            0,
            written.length,
            failure -> {
              if (failure == null) {
                readBack(readFrom, written, ended);
              } else {
                ended.with(WRITE_FAILED);
              }
            });
  }

  private void readBack(long address, byte[] written, Ended ended) {
    byte[] read = new byte[written.length];
    memory.readBack(address, read, answer -> ended.with(code(answer, written, read)));
  }

  private static int code(Answer answer, byte[] written, byte[] read) {
    return switch (answer) {
      case WRITE_REFUSED -> WRITE_FAILED;
      case NO_MEMORY -> READ_FAILED;
      case READ -> Arrays.equals(written, read) ? SUCCESS : MISMATCH;
    };
  }

  /** A read of 8 bytes is two of 4: the upper one is the next register. */
  private void finish(int code, int sizeBytes, LongConsumer answer) {
    result = code;
    answer.accept(sizeBytes == 8 ? (long) register(IOVA_LOW) << 32 : 0);
  }

  /** Secure state and Secure space must go together; other spaces are anybody's. */
  private boolean areAttributesInconsistent() {
    int space = (attributes >>> 1) & 3;
    boolean secure = (attributes & SECURE) != 0;
    boolean checked = space == SPACE_SECURE || space == SPACE_NON_SECURE;
    return (attributes & SPACE_VALID) != 0 && checked && secure != (space == SPACE_SECURE);
  }

  @Override
  public long readBar(int bar, long offset, int sizeBytes) {
    if (sizeBytes < 4) {
      return 0;
    }
    long low = register((int) offset) & 0xFFFF_FFFFL;
    return sizeBytes == 4 ? low : low | (long) register((int) offset + 4) << 32;
  }

  private int register(int offset) {
    return switch (offset) {
      case IOVA_LOW -> (int) iova;
      case IOVA_HIGH -> (int) (iova >>> 32);
      case LENGTH -> length;
      case RESULT -> result;
      case ATTRIBUTES -> attributes;
      case PHYSICAL_LOW -> (int) physical;
      case PHYSICAL_HIGH -> (int) (physical >>> 32);
      default -> 0;
    };
  }

  @Override
  public void writeBar(int bar, long offset, int sizeBytes, long value) {
    if (sizeBytes >= 4) {
      write((int) offset, (int) value);
    }
    if (sizeBytes == 8) {
      write((int) offset + 4, (int) (value >>> 32));
    }
  }

  private void write(int offset, int value) {
    switch (offset) {
      case IOVA_LOW -> iova = withLow(iova, value);
      case IOVA_HIGH -> iova = withHigh(iova, value);
      case PHYSICAL_LOW -> physical = withLow(physical, value);
      case PHYSICAL_HIGH -> physical = withHigh(physical, value);
      case LENGTH -> length = value;
      case RESULT -> result = value;
      case DOORBELL -> {
        armed = (value & 1) != 0;
        result = armed ? ARMED : IDLE;
      }
      case ATTRIBUTES -> attributes = value;
      default -> {}
    }
  }

  private static long withLow(long address, int low) {
    return (address & ~0xFFFF_FFFFL) | (low & 0xFFFF_FFFFL);
  }

  private static long withHigh(long address, int high) {
    return (address & 0xFFFF_FFFFL) | (long) high << 32;
  }

  @Override
  public void reset() {
    iova = 0;
    physical = 0;
    length = 0;
    result = IDLE;
    attributes = ATTRIBUTES_AT_RESET;
    armed = false;
  }

  /** A transfer under way ends by itself. */
  @Override
  public void stop() {}

  private DeviceContext context() {
    if (context == null) {
      throw new IllegalStateException("an access to a device that was not started");
    }
    return context;
  }
}
