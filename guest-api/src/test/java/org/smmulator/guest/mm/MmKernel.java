package org.smmulator.guest.mm;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.FrameObserver;
import org.smmulator.execution.Execution;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.TaskKilled;

/** The memory management of a guest with a little RAM, and a second look at what it does. */
final class MmKernel implements FrameObserver {
  static final long RAM = 0x4000_0000L;
  static final int PAGE = 4096;

  final Sched sched;
  final ArrayMemory memory;
  final FrameAllocator frames;
  final AddressSpaces spaces;
  final ConcurrentMap<Long, Integer> freed = new ConcurrentHashMap<>();
  volatile FrameObserver alsoTold = (pa, generation) -> {};

  MmKernel(Execution execution, int frameCount, int quarantineFrames, boolean reuseEarly) {
    sched = new Sched(execution);
    memory = new ArrayMemory(RAM, frameCount * PAGE);
    frames =
        new FrameAllocator(
            sched,
            memory,
            this,
            new FrameAllocator.Config(
                RAM, (long) frameCount * PAGE, true, quarantineFrames, reuseEarly));
    spaces = new AddressSpaces(sched, frames);
  }

  @Override
  public void freed(long pa, int generation) {
    freed.put(pa, generation);
    alsoTold.freed(pa, generation);
  }

  /** The level 3 descriptor for an address, by a walk written for these tests; 0 if none. */
  long descriptor(AddressSpace mm, long va) {
    try {
      long at = mm.pageTableRoot() + ((va >>> 39) & 0x1ff) * 8;
      for (int shift : new int[] {30, 21, 12}) {
        long table = memory.load64(at);
        if ((table & 3) != 3) {
          return 0;
        }
        at = (table & 0xffff_ffff_f000L) + ((va >>> shift) & 0x1ff) * 8;
      }
      return memory.load64(at);
    } catch (BusAbort e) {
      throw new AssertionError("the page table leads out of memory", e);
    }
  }

  long frameOf(AddressSpace mm, long va) {
    return descriptor(mm, va) & 0xffff_ffff_f000L;
  }

  byte[] contents(long pa) {
    byte[] page = new byte[PAGE];
    try {
      memory.read(pa, page, 0, PAGE);
    } catch (BusAbort e) {
      throw new AssertionError(e);
    }
    return page;
  }

  boolean isPoisoned(long pa) {
    byte[] poison = new byte[PAGE];
    Arrays.fill(poison, (byte) 0xaa);
    return Arrays.equals(contents(pa), poison);
  }

  static void register(AddressSpace mm, MmuNotifier notifier) {
    try {
      mm.registerNotifier(notifier);
    } catch (TaskKilled e) {
      throw new AssertionError("nobody kills tasks here", e);
    }
  }

  static void write(AddressSpace mm, long va, int... bytes) {
    byte[] source = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      source[i] = (byte) bytes[i];
    }
    try {
      mm.write(va, source, 0, source.length);
    } catch (SegmentationFault e) {
      throw new AssertionError(e);
    }
  }

  static int read(AddressSpace mm, long va) {
    byte[] target = new byte[1];
    try {
      mm.read(va, target, 0, 1);
    } catch (SegmentationFault e) {
      throw new AssertionError(e);
    }
    return target[0] & 0xff;
  }
}
