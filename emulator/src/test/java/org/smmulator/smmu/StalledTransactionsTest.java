package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.RecordedOutputs.Resumed;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.fault.StalledTransactions;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;

/**
 * Random devices and random software: whatever they do, every transaction that stalled is resumed
 * exactly once, and no more than STALL_MAX records wait for an answer, each under its own tag. Run
 * one seed again with -Dsmmulator.seed=N.
 */
class StalledTransactionsTest {
  private static final int STALL_MAX = 4;
  private static final int PAGES = 8;

  private final EventRecords events =
      new EventRecords(SmmuFeatures.defaults().change(f -> f.stallMax(STALL_MAX)));
  private final StalledTransactions stalled =
      new StalledTransactions(
          SmmuFeatures.defaults().change(f -> f.stallMax(STALL_MAX)),
          events.recorder,
          events.outputs,
          this::translate);

  /** Pages that translate; all others fault. */
  private final Set<Long> mapped = new HashSet<>();

  private final List<Structure> unanswered = new ArrayList<>();
  private final Set<Long> tickets = new HashSet<>();
  private final Transaction tx = new Transaction();

  static LongStream seeds() {
    Long one = Long.getLong("smmulator.seed");
    return one != null ? LongStream.of(one) : LongStream.range(0, 100);
  }

  private void translate(Transaction access) {
    if (mapped.contains(access.address() >>> 12)) {
      access.translated(access.address());
    } else {
      assertThat(stalled.stall(access, new Fault().stage1(EventType.F_TRANSLATION))).isTrue();
    }
  }

  private void readEvents() {
    unanswered.addAll(events.take());
    stalled.reportMore();
  }

  private static int stream(Structure event) {
    return (int) event.get("stream");
  }

  private void step(Random random) {
    switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> {
        long address = (long) random.nextInt(PAGES) << 12 | random.nextInt(4096);
        translate(tx.request(random.nextInt(3), 7, address, random.nextBoolean(), false, false));
        if (tx.outcome() == Transaction.Outcome.STALLED) {
          assertThat(tickets.add(tx.ticket())).isTrue();
        }
      }
      case 4, 5 -> {
        readEvents();
        if (!unanswered.isEmpty()) {
          Structure event = unanswered.remove(random.nextInt(unanswered.size()));
          boolean again = random.nextBoolean();
          stalled.resume(stream(event), (int) event.get("stag"), again, random.nextBoolean());
        }
      }
      // Nobody gets that far in the numbers.
      case 6 -> stalled.resume(random.nextInt(3), 0x8000 + random.nextInt(0x8000), true, true);
      case 7 -> {
        if (!mapped.add((long) random.nextInt(PAGES))) {
          mapped.clear();
        }
      }
      case 8 -> {
        events.write("CR0", random.nextInt(4) == 0 ? 0 : 0b100);
        stalled.reportMore();
      }
      default -> {
        if (random.nextInt(10) == 0) {
          readEvents();
          int streamId = random.nextInt(3);
          stalled.terminate(streamId);
          unanswered.removeIf(event -> stream(event) == streamId);
        }
      }
    }
  }

  private void checkTags() {
    readEvents();
    assertThat(unanswered.stream().map(event -> event.get("stag")).distinct())
        .hasSameSizeAs(unanswered);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyStalledTransactionIsResumedExactlyOnce(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 400; i++) {
      step(random);
      checkTags();
      assertThat(unanswered).as("seed %d", seed).hasSizeLessThanOrEqualTo(STALL_MAX);
    }
    stalled.terminateAll();
    assertThat(events.outputs.resumed.stream().map(Resumed::ticket))
        .as("seed %d", seed)
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(tickets);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void onceEverythingIsMappedRetriesLeaveNothing(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      step(random);
    }
    for (long page = 0; page < PAGES; page++) {
      mapped.add(page);
    }
    events.write("CR0", 0b100);
    stalled.reportMore();
    for (int rounds = 0; rounds < 100; rounds++) {
      readEvents();
      unanswered.forEach(
          event -> stalled.resume(stream(event), (int) event.get("stag"), true, false));
      unanswered.clear();
    }
    assertThat(events.outputs.resumed).as("seed %d", seed).hasSameSizeAs(tickets);
  }
}
