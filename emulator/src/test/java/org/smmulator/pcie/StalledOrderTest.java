package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random requests to a few pages, with faults that software ends in random order, against a model
 * that knows one rule: the requests to one page take effect in the order in which they were sent.
 */
class StalledOrderTest extends StallingScene {
  private static final int PAGES = 4;

  private final long[] frames = new long[PAGES];
  private final int[] modelled = new int[PAGES];
  private final Map<Integer, Integer> expected = new HashMap<>();
  private final List<Deque<Runnable>> toBe = new ArrayList<>();
  private final boolean[] mapped = new boolean[PAGES];

  private static long page(int number) {
    return VA + ((long) number << 12);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void requestsToOnePageTakeEffectInTheirOrder(long defaultSeed) {
    long seed = Long.getLong("smmulator.seed", defaultSeed);
    Random random = new Random(seed);
    List<long[]> stalls = new ArrayList<>();
    for (int i = 0; i < PAGES; i++) {
      frames[i] = guest.allocate(4096);
      toBe.add(new ArrayDeque<>());
    }
    int tag = 0;
    for (int step = 1; step <= 200; step++) {
      int number = random.nextInt(PAGES);
      switch (random.nextInt(4)) {
        case 0 -> {
          int value = step;
          toBe.get(number).add(() -> modelled[number] = value * 0x0101_0101);
          write(page(number), value);
        }
        case 1 -> {
          int own = tag++;
          toBe.get(number).add(() -> expected.put(own, modelled[number]));
          read(own, page(number));
        }
        case 2 -> {
          if (!mapped[number]) {
            map(page(number), frames[number]);
            mapped[number] = true;
          }
        }
        default -> {
          if (!stalls.isEmpty()) {
            retry(stalls.remove(random.nextInt(stalls.size())));
          }
        }
      }
      takeEvents(stalls);
    }
    for (int i = 0; i < PAGES; i++) {
      map(page(i), frames[i]);
      toBe.get(i).forEach(Runnable::run);
    }
    while (!stalls.isEmpty()) {
      retry(stalls.remove(random.nextInt(stalls.size())));
      takeEvents(stalls);
    }
    for (int i = 0; i < PAGES; i++) {
      assertThat(load(frames[i])).as("page %d, seed %d", i, seed).isEqualTo(modelled[i]);
    }
    Map<Integer, Integer> read = new HashMap<>();
    for (ReceivedPacket packet : device.takeAll()) {
      read.put(packet.tag(), Integer.reverseBytes(Integer.parseUnsignedInt(packet.payload(), 16)));
    }
    assertThat(read).as("seed %d", seed).isEqualTo(expected);
    assertThat(counted(FunctionCounter.STALLED_NOW)).isZero();
  }

  private void takeEvents(List<long[]> stalls) {
    for (long[] record = guest.takeEvent(); record != null; record = guest.takeEvent()) {
      stalls.add(record);
    }
  }
}
