package org.smmulator.guest.mm;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.vmsa.Descriptor;

/**
 * The kernel's own mapping of all RAM. An access that memory does not answer is a broken invariant
 * of the kernel here, never something to handle; this is the one place that says so.
 */
public final class LinearMap {
  private final PhysicalMemory memory;

  public LinearMap(PhysicalMemory memory) {
    this.memory = memory;
  }

  public long load(long pa) {
    try {
      return memory.load64(pa);
    } catch (BusAbort e) {
      throw unbacked(pa);
    }
  }

  public void store(long pa, long value) {
    try {
      memory.store64(pa, value);
    } catch (BusAbort e) {
      throw unbacked(pa);
    }
  }

  public boolean compareAndSet(long pa, long expected, long value) {
    try {
      return memory.compareAndSet64(pa, expected, value);
    } catch (BusAbort e) {
      throw unbacked(pa);
    }
  }

  public long getAndSet(long pa, long value) {
    try {
      return memory.getAndSet64(pa, value);
    } catch (BusAbort e) {
      throw unbacked(pa);
    }
  }

  public void read(long pa, byte[] target, int offset, int length) {
    try {
      memory.read(pa, target, offset, length);
    } catch (BusAbort e) {
      throw unbacked(pa);
    }
  }

  public void write(long pa, byte[] source, int offset, int length) {
    try {
      memory.write(pa, source, offset, length);
    } catch (BusAbort e) {
      throw unbacked(pa);
    }
  }

  void fillFrame(long pa, byte value) {
    try {
      memory.fill(pa, Descriptor.PAGE_BYTES, value);
    } catch (BusAbort e) {
      throw unbacked(pa);
    }
  }

  void copyFrame(long from, long to) {
    byte[] page = new byte[(int) Descriptor.PAGE_BYTES];
    read(from, page, 0, page.length);
    write(to, page, 0, page.length);
  }

  private static IllegalStateException unbacked(long pa) {
    return new IllegalStateException(
        String.format("the kernel touched 0x%x, where no memory answers", pa));
  }
}
