package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.arch.event.EventType;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;

final class BringUpTest {
  @Test
  void programsEachPartWhileItIsOffInTheDocumentedOrder() {
    DriverBench.run(
        bench -> {
          bench.probe();
          assertThat(bench.takeJournal())
              .map(line -> line.replaceAll("(_BASE=)0x.*", "$1"))
              .containsExactly(
                  "CR0=0x0",
                  "CR1=0xd75",
                  "CR2=0xa",
                  "STRTAB_BASE=",
                  "STRTAB_BASE_CFG=0x10210",
                  "CMDQ_BASE=",
                  "CMDQ_PROD=0x0",
                  "CMDQ_CONS=0x0",
                  "CR0=0x8",
                  "CFGI_ALL",
                  "SYNC",
                  "TLBI_EL2_ALL",
                  "SYNC",
                  "TLBI_NSNH_ALL",
                  "SYNC",
                  "EVENTQ_BASE=",
                  "EVENTQ_PROD=0x0",
                  "EVENTQ_CONS=0x0",
                  "CR0=0xc",
                  "PRIQ_BASE=",
                  "PRIQ_PROD=0x0",
                  "PRIQ_CONS=0x0",
                  "CR0=0xe",
                  "CR0=0x1e",
                  "IRQ_CTRL=0x0",
                  "IRQ_CTRL=0x7",
                  "CR0=0x1f");
        });
  }

  @Test
  void abortsBypassTrafficBeforeItStopsAnSmmuThatRuns() {
    DriverBench.run(
        bench -> {
          bench.smmu.set(0x20, 0x1);
          bench.smmu.set(0x24, 0x1);
          bench.probe();
          assertThat(bench.takeJournal()).startsWith("GBPA=0x80101000", "CR0=0x0");
        });
  }

  @Test
  void programsMessagesWhileTheirSourcesAreOff() {
    DriverBench.run(
        bench -> {
          bench.smmu.set(0, bench.smmu.get(0) | 0x2000);
          int[] next = {80};
          bench.msis =
              handler -> {
                bench.smmu.connect(next[0], handler);
                return next[0]++;
              };
          bench.probe();
          assertThat(bench.takeJournal())
              .containsSubsequence(
                  "IRQ_CTRL=0x0",
                  "GERROR_IRQ_CFG0=0x0",
                  "GERROR_IRQ_CFG0=0x8020040",
                  "GERROR_IRQ_CFG1=0x50",
                  "GERROR_IRQ_CFG2=0x1",
                  "EVENTQ_IRQ_CFG0=0x8020040",
                  "EVENTQ_IRQ_CFG1=0x51",
                  "PRIQ_IRQ_CFG0=0x8020040",
                  "PRIQ_IRQ_CFG1=0x52",
                  "IRQ_CTRL=0x7");
        });
  }

  static LongStream seeds() {
    return DriverBench.seeds(50);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void findsWhatWasRecordedBeforeInterruptsWereEnabled(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          bench.sched.spawn(
              "early event",
              () -> {
                bench.smmu.awaitChange(0x24, cr0ack -> (cr0ack & 4) != 0, Long.MAX_VALUE);
                bench.smmu.event(0x0000_0208_0000_0002L, 0, 0, 0);
              });
          SmmuV3Driver driver = bench.probe();
          bench.sched.sleep(1);
          assertThat(driver.eventCount(EventType.C_BAD_STREAMID)).isEqualTo(1);
        });
  }

  @Test
  void letsEveryReachableStreamAbort() {
    DriverBench.run(
        bench -> {
          bench.smmu.sizes(8, 20, 4, 3, 3);
          bench.probe();
          assertThat(bench.smmu.get(0x88)).isEqualTo(8);
          for (int stream = 0; stream < 256; stream++) {
            assertThat(bench.smmu.tables.steWord(stream, 0)).isEqualTo(1);
          }
        });
  }

  @Test
  void givesUpOnAnSmmuThatDoesNotAnswerTheHandshake() {
    DriverBench.run(
        bench -> {
          bench.smmu.dead = true;
          bench.smmu.set(0x20, 0x8);
          bench.smmu.set(0x24, 0x8);
          assertThatThrownBy(bench::probe)
              .isInstanceOfSatisfying(
                  IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT))
              .hasMessageContaining("CR0ACK still reads 0x8");
        });
  }

  @ParameterizedTest
  @CsvSource({
    "0x00, 0x00000002, 0x00000000, IDR0.S1P",
    "0x00, 0x0000000c, 0x00000004, IDR0.TTF",
    "0x00, 0x00000010, 0x00000000, IDR0.COHACC",
    "0x00, 0x00001000, 0x00000000, IDR0.ASID16",
    "0x00, 0x00600000, 0x00600000, IDR0.TTENDIAN",
    "0x00, 0x03000000, 0x02000000, IDR0.STALL_MODEL",
    "0x00, 0x18000000, 0x00000000, IDR0.ST_LEVEL",
    "0x04, 0x10000000, 0x10000000, IDR1",
    "0x04, 0x20000000, 0x20000000, IDR1",
    "0x04, 0x40000000, 0x40000000, IDR1",
    "0x04, 0x03e00000, 0x00000000, IDR1.CMDQS",
    "0x14, 0x00000010, 0x00000000, IDR5.GRAN4K",
  })
  void refusesWhatItCannotDriveInOneSentence(
      String offset, String mask, String value, String names) {
    DriverBench.run(
        bench -> {
          int register = Integer.decode(offset);
          long others = bench.smmu.get(register) & ~Long.decode(mask);
          bench.smmu.set(register, others | Long.decode(value));
          assertThatThrownBy(bench::probe)
              .isInstanceOfSatisfying(
                  IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV))
              .hasMessageContaining(names);
          assertThat(bench.takeJournal()).isEmpty();
        });
  }
}
