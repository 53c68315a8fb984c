package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuCounter;

/** What happens for every packet and every invalidation allocates nothing. */
class AllocationTest {
  private static final int TIMES = 20_000;
  private static final int PASID = 3;
  private static final long VA = 0x7fff_1234_5000L;

  // Caches that hold the configurations, but not the pages.
  private final BareGuest guest =
      BareGuest.up(SmmuFeatures.defaults().withCaches(new SmmuFeatures.Caches(2, 2, 2, 16)));

  AllocationTest() {
    long root = guest.allocate(4096);
    long contexts = guest.allocate(64 * 16);
    guest.store(contexts + 64 * PASID, BareGuest.cd(1, root));
    guest.storeSte(5, BareGuest.translatingSte(contexts).set("s1cdmax", 4).set("s1dss", 2));
    for (int i = 0; i < 64; i++) {
      guest.map(root, VA + 4096L * i, BareGuest.RAM);
    }
  }

  private static void assertAllocatesNothing(Runnable once) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    // What compiler and class loader do once is not counted.
    for (int i = 0; i < 5_000; i++) {
      once.run();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < TIMES; i++) {
      once.run();
    }
    long each = (threads.getCurrentThreadAllocatedBytes() - before) / TIMES;
    assertThat(each).as("bytes each time").isZero();
  }

  @Test
  void transactionsThatHitMissOrFault() {
    assertAllocatesNothing(
        () -> {
          guest.access(5, PASID, VA, true);
          guest.access(5, PASID, VA + 0x3_0000, true);
          guest.access(5, PASID, VA - 4096, true);
          guest.access(99, PASID, VA, true);
          guest.smmu.checkTranslated(guest.tx);
        });
    assertThat(guest.smmu.counters().of(SmmuCounter.WALKS)).isGreaterThan(TIMES);
  }

  @Test
  void translationRequests() {
    assertAllocatesNothing(() -> guest.request(5, PASID, VA, 16));
    assertThat(guest.smmu.counters().of(SmmuCounter.ATS_REQUESTS)).isGreaterThan(TIMES);
  }

  @Test
  void invalidationsAndTheirSync() {
    guest.writeRegister("CR0", 0);
    guest.writeRegister64("CMDQ_BASE", commands() | 2);
    guest.writeRegister("CR0", 0b1_1111);
    int prod = Vectors.register("CMDQ_PROD");
    int[] turn = {0};
    assertAllocatesNothing(
        () -> {
          turn[0] ^= 4;
          guest.smmu.writeRegister(prod, 4, turn[0]);
          guest.run();
        });
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(guest.readRegister("CMDQ_PROD"));
    assertThat(guest.smmu.counters().commands().values()).allMatch(count -> count > TIMES);
  }

  private long commands() {
    long queue = guest.allocate(4096);
    guest.store(queue, Structure.command("TLBI_NH_VA").set("asid", 1).set("address", VA));
    guest.store(queue + 16, Structure.command("TLBI_NH_ASID").set("asid", 1));
    guest.store(queue + 32, Structure.command("TLBI_NH_ALL"));
    guest.store(queue + 48, Structure.command("SYNC"));
    return queue;
  }
}
