package org.smmulator.guest.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;

/**
 * Finds functions through ECAM, gives their BARs addresses, and follows hot-plug. The mutex guards
 * the list of functions; drivers are called without it.
 */
public final class PciBus {
  /** Told of functions that come and go: what comes and goes in one slot by one task, in order. */
  public interface Listener {
    void added(PciDevice device);

    /** A function is there that cannot be used. */
    default void leftAlone(PciDevice device, String why) {}

    void removed(PciDevice device);

    /** Nothing is in the slot any more, whether or not anybody had used it. */
    default void emptied(PciAddress slot) {}
  }

  private static final Logger LOG = LoggerFactory.getLogger(PciBus.class);
  private static final int BARS = 6;
  private static final String NO_ROOM = "there is no room for its BARs";
  private static final int DEVICES = 32;

  private final Sched sched;
  private final Mmio ecam;
  private final Mmio memory;
  private final int buses;
  private final Set<PciAddress> stalling;
  private final Listener listener;
  private final Mutex lock;
  private final Map<Integer, PciDevice> devices = new TreeMap<>();
  private final BarAllocator window32 =
      new BarAllocator(MemoryMap.PCIE_MMIO32, MemoryMap.PCIE_MMIO32_BYTES);
  private final BarAllocator window64 =
      new BarAllocator(MemoryMap.PCIE_MMIO64, MemoryMap.PCIE_MMIO64_BYTES);

  /**
   * @param ecam the ECAM window
   * @param memory PCIe memory space; offsets are physical addresses
   * @param buses root buses to look at, from bus 0
   * @param stalling functions whose faults may stall, as firmware says
   */
  public PciBus(
      Sched sched, Mmio ecam, Mmio memory, int buses, Set<PciAddress> stalling, Listener listener) {
    this.sched = sched;
    this.ecam = ecam;
    this.memory = memory;
    this.buses = buses;
    this.stalling = Set.copyOf(stalling);
    this.listener = listener;
    this.lock = sched.mutex(LockOrder.PCI_BUS);
  }

  /** Looks at every slot once. */
  public void scan() {
    for (int bus = 0; bus < buses; bus++) {
      for (int device = 0; device < DEVICES; device++) {
        probe(PciAddress.of(bus, device, 0));
      }
    }
  }

  /** Takes up a function if one answers there and is not known yet. */
  void probe(PciAddress address) {
    contain(address, () -> takeUp(address));
  }

  private void takeUp(PciAddress address) {
    ConfigSpace config = new ConfigSpace(ecam, address);
    if (find(address) != null || config.isAbsent()) {
      return;
    }
    PciDevice device = new PciDevice(config, memory, stalling.contains(address));
    device.disable();
    if (!place(device)) {
      LOG.warn("PCI {} is left alone: {}", device, NO_ROOM);
      listener.leftAlone(device, NO_ROOM);
      return;
    }
    device.enable();
    LOG.info("PCI {} found", device);
    listener.added(device);
  }

  /** Whether there was room for all of its BARs. */
  private boolean place(PciDevice device) {
    boolean placed = false;
    lock.lock();
    try {
      placed = assignBars(device);
      if (placed) {
        devices.put(device.address().requesterId(), device);
      }
      return placed;
    } finally {
      if (!placed) {
        freeBarsLocked(device);
      }
      lock.unlock();
    }
  }

  /** Gives up a function whose link is down. */
  void remove(PciAddress address) {
    contain(address, () -> listener.emptied(address));
    PciDevice device;
    lock.lock();
    try {
      device = devices.remove(address.requesterId());
    } finally {
      lock.unlock();
    }
    if (device == null) {
      return;
    }
    device.markGone();
    LOG.info("PCI {} gone", device);
    contain(address, () -> listener.removed(device));
    lock.lock();
    try {
      freeBarsLocked(device);
    } finally {
      lock.unlock();
    }
  }

  /** One function that fails, or its driver, must not cost the others their hot-plug. */
  private void contain(PciAddress address, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      sched.throwIfEnding();
      LOG.error("PCI {}: the function or its driver failed", address, e);
    }
  }

  private void freeBarsLocked(PciDevice device) {
    for (int bar = 0; bar < BARS; bar++) {
      window32.free(device.barAddress(bar));
      window64.free(device.barAddress(bar));
    }
  }

  public @Nullable PciDevice find(PciAddress address) {
    lock.lock();
    try {
      return devices.get(address.requesterId());
    } finally {
      lock.unlock();
    }
  }

  public List<PciDevice> devices() {
    lock.lock();
    try {
      return new ArrayList<>(devices.values());
    } finally {
      lock.unlock();
    }
  }

  /** Whether there was room for all of them. */
  private boolean assignBars(PciDevice device) {
    ConfigSpace config = device.config();
    if (!device.hasSixBars()) {
      return true;
    }
    for (int bar = 0; bar < BARS; bar++) {
      int register = ConfigSpace.BAR0 + 4 * bar;
      config.write32(register, -1);
      int low = config.read32(register);
      if (low == 0 || low == -1 || (low & 1) != 0) {
        continue;
      }
      boolean wide = (low & ConfigSpace.BAR_TYPE) == ConfigSpace.BAR_TYPE_64;
      long bytes = wide ? wideSize(config, register, low) : Integer.toUnsignedLong(-(low & ~0xf));
      long address =
          (wide ? window64 : window32).allocate(bytes < 0 ? bytes : Math.max(bytes, 0x1000));
      if (address < 0) {
        return false;
      }
      config.writeBar(bar, address);
      device.setBar(bar, address, bytes);
      bar += wide ? 1 : 0;
    }
    return true;
  }

  private static long wideSize(ConfigSpace config, int register, int low) {
    config.write32(register + 4, -1);
    long high = Integer.toUnsignedLong(config.read32(register + 4));
    return -(high << 32 | Integer.toUnsignedLong(low & ~0xf));
  }
}
