package org.smmulator.pcie.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.pcie.ManualLoop;

/** The ledger against a list that is searched from end to end. */
class GrantLedgerModelTest {
  private static final long RAM = 0x4000_0000L;
  private static final long RAM_BYTES = 8L << 20;
  private static final int OPERATIONS = 5_000;

  private record Grant(
      int device, int pasid, long va, long pa, int log2, int permissions, int generation) {
    boolean covers(long address) {
      return address >>> log2 == pa >>> log2;
    }
  }

  private static final class Entry {
    final Grant grant;
    long sequence;

    Entry(Grant grant) {
      this.grant = grant;
    }
  }

  private final ManualLoop loop = new ManualLoop();
  private final RecordedViolations violations = new RecordedViolations();
  private final GrantLedger ledger = new GrantLedger(loop, violations, RAM, RAM_BYTES);
  private final FunctionGrants[] devices = {ledger.attach("00:01.0"), ledger.attach("00:02.0")};
  private final List<Entry> model = new ArrayList<>();
  private final int[] generations = new int[(int) (RAM_BYTES >>> 12)];
  private long modelSequence;
  private long revoked;
  private long stale;
  private long freedUnderGrant;

  static List<Long> seeds() {
    Long given = Long.getLong("smmulator.seed");
    if (given != null) {
      return List.of(given);
    }
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= 20; seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest(name = "-Dsmmulator.seed={0}")
  @MethodSource("seeds")
  void agreesWithANaiveListOverRandomOperations(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < OPERATIONS; i++) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> grant(random);
        case 3, 4, 5 -> access(random);
        case 6 -> revoke(random);
        default -> free(random);
      }
      assertThat(ledger.live()).isEqualTo(model.size());
      assertThat(ledger.revoked()).as("by invalidations alone").isEqualTo(revoked);
      assertThat(ledger.staleAccesses()).isEqualTo(stale);
      assertThat(ledger.freedUnderGrant()).isEqualTo(freedUnderGrant);
    }
    for (FunctionGrants device : devices) {
      ledger.detach(device);
    }
    for (long pa = RAM; pa < RAM + RAM_BYTES; pa += 0x1000) {
      ledger.freed(pa, generations[frame(pa)]);
    }
    loop.run();
    assertThat(ledger.freedUnderGrant()).isEqualTo(freedUnderGrant);
  }

  private static int frame(long pa) {
    return (int) ((pa - RAM) >>> 12);
  }

  private static long randomPage(Random random) {
    return random.nextInt(64) * 0x1000L + (random.nextInt(4) == 0 ? 0x20_0000L : 0);
  }

  private void grant(Random random) {
    int log2 = random.nextInt(10) == 0 ? (random.nextBoolean() ? 16 : 21) : 12;
    int which = random.nextInt(2);
    long va = (0x7f00_0000_0000L + randomPage(random)) >>> log2 << log2;
    long pa = (RAM + randomPage(random)) >>> log2 << log2;
    int pasid = random.nextInt(4) - 1;
    int permissions = 1 + random.nextInt(3);
    int generation = log2 == 12 ? generations[frame(pa)] : 0;
    devices[which].grant(pasid, va, pa, log2, permissions);
    Grant grant = new Grant(which, pasid, va, pa, log2, permissions, generation);
    Entry entry = model.stream().filter(e -> e.grant.equals(grant)).findFirst().orElse(null);
    if (entry == null) {
      entry = new Entry(grant);
      model.add(entry);
    }
    entry.sequence = ++modelSequence;
  }

  private void access(Random random) {
    long pa = RAM + randomPage(random) + random.nextInt(4096);
    int which = random.nextInt(2);
    boolean write = random.nextBoolean();
    boolean live =
        model.stream()
            .anyMatch(
                e ->
                    e.grant.device == which
                        && e.grant.covers(pa)
                        && (e.grant.permissions & (write ? 2 : 1)) != 0);
    stale += live ? 0 : 1;
    assertThat(devices[which].checkAccess(pa, write)).isEqualTo(live);
  }

  private void revoke(Random random) {
    int which = random.nextInt(2);
    int pasid = random.nextInt(4) - 1;
    boolean global = random.nextInt(4) == 0;
    boolean everything = random.nextInt(8) == 0;
    long first = everything ? 0 : 0x7f00_0000_0000L + randomPage(random);
    long last = everything ? -1L : first + (0x1000L << random.nextInt(5)) - 1;
    long mark = Math.max(0, modelSequence - random.nextInt(20));
    int before = model.size();
    model.removeIf(
        e ->
            e.grant.device == which
                && e.sequence <= mark
                && (pasid < 0 || (global ? e.grant.pasid >= 0 : e.grant.pasid == pasid))
                && (everything
                    || (e.grant.va <= last && e.grant.va + (1L << e.grant.log2) > first)));
    RevocationScope scope = new RevocationScope(pasid, global, first, last);
    int ended = before - model.size();
    assertThat(devices[which].revoke(new AtcInvalidation(scope, 0, 0, 0), mark)).isEqualTo(ended);
    revoked += ended;
  }

  private void free(Random random) {
    long pa = RAM + randomPage(random);
    int generation = generations[frame(pa)]++;
    ledger.freed(pa, generation);
    loop.run();
    boolean granted = model.removeIf(e -> e.grant.covers(pa) && e.grant.generation <= generation);
    freedUnderGrant += granted ? 1 : 0;
  }
}
