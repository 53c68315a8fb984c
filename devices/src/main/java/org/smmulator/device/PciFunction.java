package org.smmulator.device;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a PCI function looks like from outside: the constant part of its configuration space (Base
 * Specification, chapter 7). Built once by a model, with {@link #builder}.
 */
public final class PciFunction {
  /**
   * One memory BAR.
   *
   * @param index 0 to 5; a 64-bit BAR also takes the register after its own
   * @param sizeBytes a power of two, at least 16
   */
  public record Bar(int index, long sizeBytes, boolean is64Bit) {}

  /**
   * MSI-X: how many vectors, and where table and pending bits lie. The SDK answers for both ranges;
   * the model never sees an access to them.
   */
  public record MsixLayout(int vectors, int bar, int tableOffset, int pendingOffset) {}

  private final int vendorId;
  private final int deviceId;
  private final int classCode;
  private final int revision;
  private final List<Bar> bars;
  private final @Nullable MsixLayout msix;
  private final int invalidateQueueDepth;
  private final int pageRequestCapacity;
  private final int pasidBits;
  private final int subsystem;
  private final boolean msi;
  private final boolean interruptPin;

  private PciFunction(Builder builder) {
    this.vendorId = builder.vendorId;
    this.deviceId = builder.deviceId;
    this.classCode = builder.classCode;
    this.revision = builder.revision;
    this.bars = List.copyOf(builder.bars);
    this.msix = builder.msix;
    this.invalidateQueueDepth = builder.invalidateQueueDepth;
    this.pageRequestCapacity = builder.pageRequestCapacity;
    this.pasidBits = builder.pasidBits;
    this.subsystem = builder.subsystem;
    this.msi = builder.msi;
    this.interruptPin = builder.interruptPin;
  }

  /**
   * Begins a description.
   *
   * @param classCode 24 bits: base class, sub-class, programming interface
   */
  public static Builder builder(int vendorId, int deviceId, int classCode) {
    return new Builder(vendorId, deviceId, classCode);
  }

  public int vendorId() {
    return vendorId;
  }

  public int deviceId() {
    return deviceId;
  }

  public int classCode() {
    return classCode;
  }

  public int revision() {
    return revision;
  }

  public List<Bar> bars() {
    return bars;
  }

  public @Nullable MsixLayout msix() {
    return msix;
  }

  /** Invalidate Requests the function takes at once, 1 to 32; 0 if it has no ATS. */
  public int invalidateQueueDepth() {
    return invalidateQueueDepth;
  }

  /** Page requests the function can have outstanding, 1 to 512; 0 if it has no PRI. */
  public int pageRequestCapacity() {
    return pageRequestCapacity;
  }

  /** Width of the function's PASIDs, 1 to 20; 0 if it has none. */
  public int pasidBits() {
    return pasidBits;
  }

  /** Subsystem ID in the upper, subsystem vendor ID in the lower half. */
  public int subsystem() {
    return subsystem;
  }

  /** Whether the function has MSI, with one vector. */
  public boolean msi() {
    return msi;
  }

  /** Whether the function has an interrupt pin, INTA#. */
  public boolean interruptPin() {
    return interruptPin;
  }

  /** Collects a description; every check is made at once, with one sentence. */
  public static final class Builder {
    private final int vendorId;
    private final int deviceId;
    private final int classCode;
    private int revision;
    private final List<Bar> bars = new ArrayList<>();
    private int barRegistersUsed;
    private @Nullable MsixLayout msix;
    private int invalidateQueueDepth;
    private int pageRequestCapacity;
    private int pasidBits;
    private int subsystem;
    private boolean msi;
    private boolean interruptPin;

    private Builder(int vendorId, int deviceId, int classCode) {
      require((vendorId | deviceId) >>> 16 == 0, "vendor and device ID have 16 bits");
      require(classCode >>> 24 == 0, "a class code has 24 bits");
      this.vendorId = vendorId;
      this.deviceId = deviceId;
      this.classCode = classCode;
      this.subsystem = deviceId << 16 | vendorId;
    }

    /** Another subsystem than vendor and device themselves. */
    public Builder subsystem(int subsystemVendorId, int subsystemId) {
      require((subsystemVendorId | subsystemId) >>> 16 == 0, "subsystem IDs have 16 bits");
      this.subsystem = subsystemId << 16 | subsystemVendorId;
      return this;
    }

    /** MSI with one vector, a 64-bit address and no mask bit. */
    public Builder msi() {
      this.msi = true;
      return this;
    }

    /** An interrupt pin, INTA#. */
    public Builder interruptPin() {
      this.interruptPin = true;
      return this;
    }

    public Builder revision(int revisionId) {
      require(revisionId >>> 8 == 0, "a revision ID has 8 bits");
      this.revision = revisionId;
      return this;
    }

    /** A 64-bit memory BAR in registers {@code index} and {@code index + 1}. */
    public Builder memoryBar64(int index, long sizeBytes) {
      require(index >= 0 && index <= 4, "a 64-bit BAR begins at register 0 to 4");
      return bar(new Bar(index, sizeBytes, true), 0b11 << index);
    }

    /** A 32-bit memory BAR of at most 2 GiB. */
    public Builder memoryBar32(int index, long sizeBytes) {
      require(index >= 0 && index <= 5, "BARs are numbered 0 to 5");
      require(sizeBytes <= 1L << 31, "a 32-bit BAR has at most 2^31 bytes");
      return bar(new Bar(index, sizeBytes, false), 1 << index);
    }

    private Builder bar(Bar bar, int registers) {
      require(
          Long.bitCount(bar.sizeBytes()) == 1 && bar.sizeBytes() >= 16,
          "the size of BAR " + bar.index() + " must be a power of two of at least 16");
      require((barRegistersUsed & registers) == 0, "BAR " + bar.index() + " overlaps another");
      barRegistersUsed |= registers;
      bars.add(bar);
      return this;
    }

    /** MSI-X with 1 to 2048 vectors, inside a BAR that was described before. */
    public Builder msix(int vectors, int bar, int tableOffset, int pendingOffset) {
      require(vectors >= 1 && vectors <= 2048, "MSI-X has 1 to 2048 vectors");
      require(((tableOffset | pendingOffset) & 7) == 0, "MSI-X offsets are multiples of 8");
      long tableEnd = tableOffset + 16L * vectors;
      long pendingEnd = pendingOffset + (vectors + 63L) / 64 * 8;
      require(
          bars.stream()
              .anyMatch(b -> b.index() == bar && Math.max(tableEnd, pendingEnd) <= b.sizeBytes()),
          "MSI-X table and pending bits must lie inside a BAR");
      require(
          pendingOffset >= tableEnd || tableOffset >= pendingEnd,
          "MSI-X table and pending bits overlap");
      this.msix = new MsixLayout(vectors, bar, tableOffset, pendingOffset);
      return this;
    }

    /** ATS with this many Invalidate Requests at once, 1 to 32. */
    public Builder ats(int queueDepth) {
      require(queueDepth >= 1 && queueDepth <= 32, "the invalidate queue depth is 1 to 32");
      this.invalidateQueueDepth = queueDepth;
      return this;
    }

    /** Page requests (PRI), with this many outstanding, 1 to 512. */
    public Builder pageRequests(int capacity) {
      require(capacity >= 1 && capacity <= 512, "the page request capacity is 1 to 512");
      this.pageRequestCapacity = capacity;
      return this;
    }

    /** PASIDs of this width, 1 to 20 bits. */
    public Builder pasid(int bits) {
      require(bits >= 1 && bits <= 20, "PASIDs have 1 to 20 bits");
      this.pasidBits = bits;
      return this;
    }

    public PciFunction build() {
      require(
          pageRequestCapacity == 0 || invalidateQueueDepth > 0,
          "page requests need ATS (Base Specification 10.4)");
      require(msix == null || !msi, "a function here has MSI or MSI-X, not both");
      return new PciFunction(this);
    }

    private static void require(boolean right, String rule) {
      if (!right) {
        throw new IllegalArgumentException("PCI function: " + rule);
      }
    }
  }
}
