package org.smmulator.memory;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * The physical addresses of one machine: RAM, and regions of registers. It is filled once, when the
 * machine is built, and all masters ask it. As {@link PhysicalMemory} it is what the SMMU and
 * devices reach: RAM first, then the regions that every master has a path to; whatever lies
 * elsewhere aborts, and so does an access that is not whole in one of them. CPUs find all regions
 * with {@link #find}, devices more of them with {@link #findForDevices}.
 *
 * <p>Registers that every master reaches read as zero and ignore what is written in accesses of
 * other widths than theirs. There is no atomic access to registers.
 */
public final class AddressMap implements PhysicalMemory {
  private final Ram ram;
  private Region[] regions = new Region[0];

  /** RAM alone. */
  public AddressMap(Ram ram) {
    this.ram = ram;
  }

  /**
   * RAM and the MSI frame.
   *
   * @param msi given the interrupt number of each MSI, on the thread that writes
   */
  public static AddressMap of(Ram ram, IntConsumer msi) {
    AddressMap map = new AddressMap(ram);
    map.add(MsiFrame.region(msi));
    return map;
  }

  /**
   * Puts a region in its place.
   *
   * @throws IllegalArgumentException if something is there already; the message names both
   */
  public void add(Region region) {
    if (overlaps(region, ram.base(), ram.bytes())) {
      throw new IllegalArgumentException(
          String.format(
              "%s overlaps RAM (0x%x to 0x%x)", region, ram.base(), ram.base() + ram.bytes() - 1));
    }
    for (Region other : regions) {
      if (overlaps(region, other.base(), other.bytes())) {
        throw new IllegalArgumentException(region + " overlaps " + other);
      }
    }
    regions = Arrays.copyOf(regions, regions.length + 1);
    regions[regions.length - 1] = region;
  }

  private static boolean overlaps(Region region, long base, long bytes) {
    return region.base() < base + bytes && base < region.base() + region.bytes();
  }

  public Ram ram() {
    return ram;
  }

  /** The region that all of {@code length} bytes from {@code pa} on are in; null for RAM. */
  public @Nullable Region find(long pa, long length) {
    for (Region region : regions) {
      if (region.contains(pa, length)) {
        return region;
      }
    }
    return null;
  }

  /** Whether all of a range is what every master reaches. */
  public boolean isShared(long pa, long length) {
    return ram.contains(pa, length) || shared(pa, length) != null;
  }

  private @Nullable Region shared(long pa, long length) {
    Region region = find(pa, length);
    return region != null && region.reach() == Region.Reach.EVERY_MASTER ? region : null;
  }

  /**
   * The region that all of a range is in and that devices reach, though not as memory: it may
   * answer later. Null elsewhere.
   */
  public @Nullable Region findForDevices(long pa, long length) {
    Region region = find(pa, length);
    return region != null && region.reach() == Region.Reach.CPUS_AND_DEVICES ? region : null;
  }

  private Region sharedOrAbort(long pa, long length) throws BusAbort {
    Region region = shared(pa, length);
    if (region == null) {
      throw BusAbort.INSTANCE;
    }
    return region;
  }

  // RAM is asked first and checks its bounds itself, so that no walk pays for the regions.

  @Override
  public long load64(long pa) throws BusAbort {
    return ram.load64(pa);
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    ram.store64(pa, value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    return ram.compareAndSet64(pa, expected, value);
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    return ram.getAndSet64(pa, value);
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    ram.fill(pa, length, value);
  }

  @Override
  public void read(long pa, byte[] target, int offset, int length) throws BusAbort {
    read(pa, ByteBuffer.wrap(target), offset, length);
  }

  @Override
  public void write(long pa, byte[] source, int offset, int length) throws BusAbort {
    write(pa, ByteBuffer.wrap(source), offset, length);
  }

  @Override
  public void store32(long pa, int value) throws BusAbort {
    if (ram.contains(pa, Integer.BYTES)) {
      ram.store32(pa, value);
    } else {
      store(sharedOrAbort(pa, Integer.BYTES), pa, Integer.BYTES, Integer.toUnsignedLong(value));
    }
  }

  /** Copies from memory to {@code target} from {@code index} on; its position stays. */
  public void read(long pa, ByteBuffer target, int index, int length) throws BusAbort {
    if (ram.contains(pa, length)) {
      ram.read(pa, target, index, length);
      return;
    }
    long value = load(sharedOrAbort(pa, length), pa, length);
    for (int i = 0; i < length; i++) {
      target.put(index + i, (byte) (i < Long.BYTES ? value >>> (i * Byte.SIZE) : 0));
    }
  }

  /**
   * Copies to memory from {@code index} of {@code source} on, in ascending aligned 8-byte granules;
   * its position stays.
   */
  public void write(long pa, ByteBuffer source, int index, int length) throws BusAbort {
    if (ram.contains(pa, length)) {
      ram.write(pa, source, index, length);
      return;
    }
    long value = 0;
    for (int i = 0; i < Math.min(length, Long.BYTES); i++) {
      value |= (source.get(index + i) & 0xffL) << (i * Byte.SIZE);
    }
    store(sharedOrAbort(pa, length), pa, length, value);
  }

  private static long load(Region region, long pa, int width) {
    boolean allowed = region.allows(pa, width) && region.target() instanceof Target.Now;
    return allowed ? ((Target.Now) region.target()).read(pa - region.base(), width) : 0;
  }

  private static void store(Region region, long pa, int width, long value) {
    if (region.allows(pa, width) && region.target() instanceof Target.Now registers) {
      registers.write(pa - region.base(), width, value);
    }
  }
}
