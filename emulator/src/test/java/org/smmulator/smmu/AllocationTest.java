package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.SmmuInterrupt;

/**
 * What happens for every packet and every invalidation allocates nothing, and a fetch of
 * configuration no more than what is cached of it.
 */
class AllocationTest {
  private static final int TIMES = 20_000;
  private static final int PASID = 3;
  private static final long VA = 0x7fff_1234_5000L;

  /** A stream with contexts for 16 PASIDs; without one, its transactions are refused. */
  private static final int STREAM = 5;

  /** A stream whose context lies where there is no memory. */
  private static final int BROKEN = 6;

  /** A stream that would stall if it were none of PCIe; its number is too large to be boxed. */
  private static final int STALLING = 200;

  /** A snapshot of a context descriptor, its two tables, and the configuration made of it. */
  private static final long CONTEXT_BYTES = 56 + 2 * 80 + 32;

  /** A snapshot of a stream table entry, and what it says by itself. */
  private static final long STREAM_BYTES = 72 + 32;

  // Caches that hold the configurations, but not the pages.
  private static final SmmuFeatures FEATURES =
      SmmuFeatures.defaults().withCaches(new SmmuFeatures.Caches(2, 2, 2, 16));

  private final BareGuest guest = new BareGuest(FEATURES, new Deaf());
  private final long context = guest.allocate(64 * 16) + 64 * PASID;

  AllocationTest() {
    guest.bringUp();
    long root = guest.allocate(4096);
    guest.store(context, BareGuest.cd(1, root));
    guest.storeSte(STREAM, stream(context - 64 * PASID));
    guest.storeSte(BROKEN, BareGuest.translatingSte(0));
    long stalling = guest.allocate(64);
    guest.store(stalling, BareGuest.cd(2, root).set("s", 1));
    guest.storeSte(STALLING, BareGuest.translatingSte(stalling));
    for (int i = 0; i < 64; i++) {
      guest.map(root, VA + 4096L * i, BareGuest.RAM);
    }
  }

  private static Structure stream(long contexts) {
    return BareGuest.translatingSte(contexts).set("s1cdmax", 4);
  }

  /** Surroundings that answer at once and remember nothing. */
  private final class Deaf extends RecordedOutputs {
    @Override
    public void pulse(SmmuInterrupt line) {}

    @Override
    public void atcInvalidate(
        int streamId, int substreamId, long address, int pagesLog2, boolean global) {
      guest.smmu.atcInvalidationDone(false);
    }

    @Override
    public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {}
  }

  private static void assertAllocatesNothing(Runnable once) {
    assertThat(bytesEachTime(once)).as("bytes each time").isZero();
  }

  private static long bytesEachTime(Runnable once) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    // What compiler and class loader do once is not counted: for the sweep of retired ids, which
    // comes after some thousand times, as for all else.
    for (int i = 0; i < TIMES; i++) {
      once.run();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < TIMES; i++) {
      once.run();
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / TIMES;
  }

  @Test
  void transactionsThatHitMissOrFault() {
    assertAllocatesNothing(
        () -> {
          guest.access(STREAM, PASID, VA, true);
          guest.access(STREAM, PASID, VA + 0x3_0000, true);
          guest.access(STREAM, PASID, VA - 4096, true);
          guest.access(STALLING, BareGuest.NONE, VA - 4096, true);
          guest.access(99, PASID, VA, true);
          guest.smmu.checkTranslated(guest.tx);
        });
    assertThat(guest.smmu.counters().of(SmmuCounter.WALKS)).isGreaterThan(TIMES);
  }

  @Test
  void transactionsWhoseConfigurationIsRefusedEachTime() {
    int unreadable = 70;
    guest.memory.abortPageOf(guest.streamTable() + 64L * unreadable);
    assertAllocatesNothing(
        () -> {
          guest.access(STREAM, BareGuest.NONE, VA, true);
          guest.access(STREAM, 99, VA, true);
          guest.access(BROKEN, BareGuest.NONE, VA, true);
          guest.access(unreadable, BareGuest.NONE, VA, true);
        });
    assertThat(guest.smmu.counters().events())
        .containsOnlyKeys(
            EventType.F_STREAM_DISABLED,
            EventType.C_BAD_SUBSTREAMID,
            EventType.F_CD_FETCH,
            EventType.F_STE_FETCH);
  }

  @Test
  void transactionsThroughTwoStages() {
    TwoStages two = new TwoStages(FEATURES);
    assertAllocatesNothing(
        () -> {
          two.guest.access(STREAM, BareGuest.NONE, TwoStages.VA, true);
          two.guest.access(STREAM, BareGuest.NONE, TwoStages.VA + 4096, true);
          two.guest.request(STREAM, BareGuest.NONE, TwoStages.VA, 2);
        });
    assertThat(two.guest.smmu.counters().of(SmmuCounter.WALKS)).isGreaterThan(TIMES);
  }

  @Test
  void translationRequests() {
    assertAllocatesNothing(() -> guest.request(STREAM, PASID, VA, 16));
    assertThat(guest.smmu.counters().of(SmmuCounter.ATS_REQUESTS)).isGreaterThan(TIMES);
  }

  @Test
  void pageRequestsWhetherTheQueueTakesThemOrNot() {
    assertAllocatesNothing(
        () -> {
          guest.smmu.pageRequest(STREAM, PASID, VA, 1, 0b111);
          guest.smmu.pageRequest(BROKEN, BareGuest.NONE, VA, 1, 0b111);
        });
    assertThat(guest.smmu.counters().of(SmmuCounter.AUTOMATIC_RESPONSES)).isGreaterThan(TIMES);
  }

  @Test
  void fetchesOfConfigurationKeepWhatTheyReadAndNothingElse() {
    int[] prod = {0};
    guest.writeRegister("CR0", 0);
    long queue = guest.allocate(4096);
    guest.store(queue, Structure.command("CFGI_CD").with("stream=5 substream=" + PASID));
    guest.store(queue + 16, Structure.command("CFGI_STE").with("stream=5 leaf=1"));
    guest.writeRegister64("CMDQ_BASE", queue | 1);
    guest.writeRegister("CR0", 0b1_1111);
    int register = Vectors.register("CMDQ_PROD");
    long bytes =
        bytesEachTime(
            () -> {
              for (int command = 0; command < 2; command++) {
                prod[0] = (prod[0] + 1) & 3;
                guest.smmu.writeRegister(register, 4, prod[0]);
                guest.run();
                guest.access(STREAM, PASID, VA, true);
              }
            });
    assertThat(bytes).isLessThanOrEqualTo(2 * CONTEXT_BYTES + STREAM_BYTES);
    assertThat(guest.smmu.counters().commands().values()).allMatch(count -> count > TIMES);
  }

  @Test
  void invalidationsAndTheirSync() {
    guest.writeRegister("CR0", 0);
    guest.writeRegister64("CMDQ_BASE", commands() | 4);
    guest.writeRegister("CR0", 0b1_1111);
    int prod = Vectors.register("CMDQ_PROD");
    int[] turn = {0};
    assertAllocatesNothing(
        () -> {
          guest.access(STREAM, PASID, VA, true);
          turn[0] ^= 16;
          guest.smmu.writeRegister(prod, 4, turn[0]);
          guest.run();
          guest.access(STREAM, PASID, VA, true);
          guest.smmu.broadcastTlbi().byVa(1, VA, false);
          guest.smmu.broadcastTlbi().all();
        });
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(guest.readRegister("CMDQ_PROD"));
    assertThat(guest.smmu.counters().commands().values()).allMatch(count -> count > TIMES);
  }

  private long commands() {
    long queue = guest.allocate(4096);
    Structure[] all = {
      Structure.command("TLBI_NH_VA").set("asid", 1).set("address", VA),
      range(Structure.command("TLBI_NH_VA").with("asid=1 tg=1 leaf=1").set("address", VA)),
      Structure.command("TLBI_NH_VAA").set("address", VA),
      Structure.command("TLBI_NH_ASID").set("asid", 1),
      Structure.command("TLBI_NH_ALL"),
      Structure.command("TLBI_S12_VMALL"),
      Structure.command("TLBI_S2_IPA").set("address", VA),
      Structure.command("TLBI_NSNH_ALL"),
      Structure.command("CFGI_STE").set("stream", 77),
      Structure.command("CFGI_STE_RANGE").with("stream=64 range=4"),
      Structure.command("CFGI_CD").with("stream=5 substream=9"),
      Structure.command("CFGI_CD_ALL").set("stream", 77),
      Structure.command("PREFETCH_CONFIG").set("stream", 5),
      Structure.command("ATC_INV").with("stream=5 ssv=1 substream=3 size=1").set("address", VA),
      Structure.command("PRI_RESP").with("stream=5 ssv=1 substream=3 prgindex=1 resp=2"),
      Structure.command("SYNC").set("cs", 1),
    };
    for (int i = 0; i < all.length; i++) {
      guest.store(queue + 16L * i, all[i]);
    }
    return queue;
  }

  /** NUM and SCALE of eight pages. */
  private static Structure range(Structure command) {
    command.words()[0] |= 3L << 12 | 1L << 20;
    return command;
  }

  /**
   * All of it once more in a JVM with the simple compiler alone: the other one removes what a
   * method allocates for itself, if it sees enough of it.
   */
  @Test
  void noneOfItIsLeftToTheCompilerToRemove() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                AllocationTest.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  /** Runs all others. */
  public static void main(String[] args) {
    List<Runnable> all =
        List.of(
            () -> new AllocationTest().transactionsThatHitMissOrFault(),
            () -> new AllocationTest().transactionsWhoseConfigurationIsRefusedEachTime(),
            () -> new AllocationTest().transactionsThroughTwoStages(),
            () -> new AllocationTest().translationRequests(),
            () -> new AllocationTest().pageRequestsWhetherTheQueueTakesThemOrNot(),
            () -> new AllocationTest().fetchesOfConfigurationKeepWhatTheyReadAndNothingElse(),
            () -> new AllocationTest().invalidationsAndTheirSync());
    all.forEach(Runnable::run);
  }
}
