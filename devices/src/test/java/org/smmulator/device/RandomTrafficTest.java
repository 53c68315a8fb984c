package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.DeviceBench.RW;
import static org.smmulator.device.DeviceBench.VA;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.bus.tlp.PageResponseCode;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.device.fake.Packet;

/**
 * Several tasks access random pages of two PASIDs through a tiny ATC, while pages are taken away
 * and come back elsewhere through page requests.
 */
class RandomTrafficTest {
  private static final long SEED = Long.getLong("smmulator.seed", 4711);
  private static final int TASKS = 4;
  private static final int TRANSFERS = 300;
  private static final int PAGES = 24;
  private static final int SETS = 4;
  private static final int WAYS = 2;

  /** A frame that was taken away, and how many packets had come when that was acknowledged. */
  private record Revoked(long frame, int packets) {}

  private final AtomicInteger nextFrame = new AtomicInteger(1);

  @Test
  void keepsItsPromisesUnderRandomTraffic(@TempDir Path folder) throws Exception {
    System.out.println("seed " + SEED);
    Path file = folder.resolve("atc.txt");
    DeviceOptions options = DeviceOptions.of("test", "test").withAtc(SETS, WAYS).withRecord(file);
    List<Revoked> revoked = new ArrayList<>();
    long[] counters;
    List<Packet> packets;
    try (DeviceBench bench = DeviceBench.withAts(options)) {
      bench.root.splitCompletionsAt(64);
      bench.root.enablePageRequests(3);
      bench.root.onPageRequest(
          request -> {
            long frame = nextFrame.getAndIncrement() * 4096L;
            bench.root.map(request.pasid(), request.address(), frame, 12, RW);
            return PageResponseCode.SUCCESS;
          });
      runTraffic(bench, revoked);
      counters = bench.statistics();
      packets = bench.root.packets();
      bench.device.detach();
    }

    assertThat(revoked).isNotEmpty();
    for (Revoked gone : revoked) {
      assertThat(packets.subList(gone.packets(), packets.size()))
          .as("accesses to a frame after its invalidation was acknowledged")
          .noneMatch(p -> p.addressType() == 2 && (p.address() & -4096) == gone.frame());
    }
    checkCounters(counters, packets);
    checkAgainstNaiveLru(Files.readAllLines(file), counters);
  }

  private void runTraffic(DeviceBench bench, List<Revoked> revoked) {
    List<CompletableFuture<@Nullable Void>> tasks = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      Random random = new Random(SEED + i);
      tasks.add(
          CompletableFuture.runAsync(
              () -> transfers(bench, random), task -> new Thread(task).start()));
    }
    Random random = new Random(SEED - 1);
    while (!tasks.stream().allMatch(CompletableFuture::isDone)) {
      revokeOne(bench, random, revoked);
    }
    tasks.forEach(CompletableFuture::join);
  }

  private static void transfers(DeviceBench bench, Random random) {
    byte[] bytes = new byte[3 * 4096];
    for (int i = 0; i < TRANSFERS; i++) {
      int length = 1 + random.nextInt(random.nextInt(4) == 0 ? bytes.length : 64);
      long address = VA + random.nextInt(PAGES * 4096 - length);
      int pasid = 1 + random.nextInt(2);
      try {
        if (random.nextBoolean()) {
          bench.dma.write(pasid, address, bytes, 0, length);
        } else {
          bench.dma.read(pasid, address, bytes, 0, length);
        }
      } catch (DmaException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void revokeOne(DeviceBench bench, Random random, List<Revoked> revoked) {
    int pasid = 1 + random.nextInt(2);
    long address = VA + 4096L * random.nextInt(PAGES);
    long frame = bench.root.translate(pasid, address);
    if (frame < 0 || nextFrame.get() > DeviceBench.MEMORY_BYTES / 4096 - 200) {
      return;
    }
    bench.root.unmap(pasid, address);
    bench.root.awaitAcknowledged(bench.root.invalidate(pasid, false, address, 12));
    revoked.add(new Revoked(frame, bench.root.packetCount()));
  }

  private static long value(long[] counters, DeviceCounter counter) {
    return counters[counter.statsSlot()];
  }

  private static void checkCounters(long[] counters, List<Packet> packets) {
    long misses = value(counters, DeviceCounter.ATC_MISSES);
    assertThat(value(counters, DeviceCounter.ATC_LOOKUPS))
        .isEqualTo(misses + value(counters, DeviceCounter.ATC_HITS));
    assertThat(value(counters, DeviceCounter.TRANSLATION_REQUESTS))
        .isEqualTo(misses + value(counters, DeviceCounter.TRANSLATION_RETRIES))
        .isEqualTo(packets.stream().filter(Packet::isTranslationRequest).count());
    assertThat(value(counters, DeviceCounter.TRANSLATED_ACCESSES))
        .as("each packet does one lookup")
        .isEqualTo(value(counters, DeviceCounter.ATC_LOOKUPS));
    assertThat(value(counters, DeviceCounter.PAGE_REQUESTS)).isPositive();
    assertThat(value(counters, DeviceCounter.ENTRIES_DROPPED)).isPositive();
  }

  /** Every line of the record, replayed in a map that remembers the order of use. */
  private static void checkAgainstNaiveLru(List<String> lines, long[] counters) {
    Map<String, Integer> entries = new LinkedHashMap<>();
    long hits = 0;
    long evictions = 0;
    for (String line : lines) {
      String[] word = line.split(" ", -1);
      if (word[0].equals("X")) {
        entries.clear();
        continue;
      }
      String key = word[1] + " " + word[2];
      int set = setOf(word[1], word[0].equals("I") ? "0" : word[2]);
      switch (word[0]) {
        case "L" -> {
          Integer found = entries.remove(key);
          if (found != null) {
            entries.put(key, found);
            hits++;
          }
          assertThat(found != null ? "hit" : "miss").as(line).isEqualTo(word[4]);
        }
        case "F" -> {
          entries.remove(key);
          List<String> others =
              entries.entrySet().stream()
                  .filter(entry -> entry.getValue() == set)
                  .map(Map.Entry::getKey)
                  .toList();
          if (others.size() == WAYS) {
            entries.remove(others.get(0));
            evictions++;
          }
          entries.put(key, set);
        }
        default -> entries.remove(word[1] + " " + word[3]);
      }
    }
    assertThat(hits).isEqualTo(value(counters, DeviceCounter.ATC_HITS)).isPositive();
    assertThat(evictions).isEqualTo(value(counters, DeviceCounter.ATC_EVICTIONS)).isPositive();
  }

  private static int setOf(String pasid, String page) {
    return (int) (Long.parseLong(page, 16) ^ Integer.parseInt(pasid)) % SETS;
  }
}
