package org.smmulator.device.atc;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Streams of accesses and unmaps, as devices and software make them, each from a seed. */
enum AtcTraffic {
  /** A few pages very often, many seldom. */
  SKEWED,
  /** One buffer over and over, a packet at a time, beside another process's. */
  RINGS,
  /** Random pages of two processes. */
  UNIFORM,
  /** As SKEWED, and software unmaps pages, ranges and processes. */
  UNMAPPED;

  private static final int FIRST_PASID = 1;
  private static final int PROCESSES = 3;
  private static final int HUGE_LOG2 = 16;

  /** Drives a cache: a miss is filled at once, a read for reading only. */
  static final class Player {
    private final AddressTranslationCache atc;

    Player(AddressTranslationCache atc) {
      this.atc = atc;
    }

    void play(List<Event> events) {
      for (Event event : events) {
        if (event.scope() != null) {
          atc.invalidate(event.scope());
        } else {
          access(event);
        }
      }
    }

    private void access(Event event) {
      long address = event.page() << 12;
      if (atc.lookup(event.pasid(), address, event.write()) == AddressTranslationCache.MISS) {
        int permission = Permissions.READ | (event.write() ? Permissions.WRITE : 0);
        atc.fill(event.pasid(), address, event.sizeLog2(), address, permission);
      }
    }
  }

  /** An access, or an invalidation if there is a scope. */
  record Event(
      int pasid, long page, boolean write, int sizeLog2, @Nullable InvalidationScope scope) {}

  List<Event> events(long seed, int count, int pages) {
    SplittableRandom random = new SplittableRandom(seed);
    long first = random.nextLong(1L << 24) << 10; // which pages are sampled hangs on it
    List<Event> events = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      events.add(
          this == UNMAPPED && random.nextInt(200) == 0
              ? unmap(random, first, pages)
              : access(random, i, first, pages));
    }
    return events;
  }

  private Event access(SplittableRandom random, int i, long first, int pages) {
    int pasid = FIRST_PASID + (this == RINGS ? i & 1 : random.nextInt(PROCESSES));
    long page =
        switch (this) {
          case SKEWED, UNMAPPED -> (long) (pages * Math.pow(random.nextDouble(), 3));
          case RINGS -> i / 8 % (pages / (1 + (i & 1)));
          case UNIFORM -> random.nextInt(pages);
        };
    boolean write = random.nextInt(4) == 0;
    boolean huge = this == UNMAPPED && page % 512 >= 496;
    return new Event(pasid, first + page, write, huge ? HUGE_LOG2 : 12, null);
  }

  private static Event unmap(SplittableRandom random, long first, int pages) {
    int pasid = FIRST_PASID + random.nextInt(PROCESSES);
    int sizeLog2 = random.nextInt(40) == 0 ? Long.SIZE : 12 + random.nextInt(6);
    long base = (first + random.nextInt(pages)) << 12;
    int prefix = random.nextInt(50) == 0 ? AddressTranslationCache.NO_PASID : pasid;
    boolean global = random.nextInt(20) == 0;
    return new Event(0, 0, false, 0, new InvalidationScope(prefix, global, base, sizeLog2));
  }
}
