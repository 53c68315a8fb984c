package org.smmulator.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.smmulator.arch.port.BusAbort;

/**
 * A secondary MMU that remembers every translation it looks up until it is told to forget it. For
 * one running task at a time.
 */
final class CachingMmu implements MmuNotifier {
  private final MmKernel kernel;
  private final AddressSpace mm;
  private final TreeMap<Long, Long> cache = new TreeMap<>();
  int releases;
  int callbacksAfterRelease;

  CachingMmu(MmKernel kernel, AddressSpace mm) {
    this.kernel = kernel;
    this.mm = mm;
    MmKernel.register(mm, this);
  }

  /** Looks a page up, as a device's access would. */
  void lookUp(long va) {
    long descriptor = kernel.descriptor(mm, va);
    if (releases == 0 && (descriptor & 0x403) == 0x403) {
      cache.putIfAbsent(va, descriptor);
    }
  }

  /** Writes through a remembered translation, if there is one that permits it. */
  void write(long va, byte value) {
    Long descriptor = cache.get(va);
    if (descriptor == null || (descriptor & 0x80) != 0) {
      return;
    }
    try {
      kernel.memory.write(descriptor & 0xffff_ffff_f000L, new byte[] {value}, 0, 1);
    } catch (BusAbort e) {
      throw new AssertionError(e);
    }
  }

  boolean remembers(long pa) {
    return cache.values().stream().anyMatch(d -> (d & 0xffff_ffff_f000L) == pa);
  }

  /** Between operations every remembered translation is the page table's, permissions too. */
  void assertFresh() {
    for (Map.Entry<Long, Long> entry : cache.entrySet()) {
      assertThat(entry.getValue())
          .as("translation of 0x%x", entry.getKey())
          .isEqualTo(kernel.descriptor(mm, entry.getKey()));
    }
  }

  @Override
  public void release(AddressSpace space) {
    releases++;
    cache.clear();
  }

  @Override
  public boolean clearFlushYoung(AddressSpace space, long start, long end) {
    forget(start, end);
    return false;
  }

  @Override
  public void changePte(AddressSpace space, long address) {
    forget(address, address + MmKernel.PAGE);
  }

  @Override
  public void invalidateRange(AddressSpace space, long start, long end) {
    forget(start, end);
  }

  private void forget(long start, long end) {
    assertThat(start).isLessThan(end);
    callbacksAfterRelease += releases;
    cache.subMap(start, end).clear();
  }
}
