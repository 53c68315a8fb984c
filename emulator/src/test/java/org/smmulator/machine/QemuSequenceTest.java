package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What harnesses for QEMU's SMMUv3 do, in their order and with their accesses: look for the test
 * device on the bus, enable it, give it a BAR, write tables that both stages share, program the
 * SMMU, and let the device write.
 */
class QemuSequenceTest extends DrivenMachine {
  private static final long BAR = 0x1000_0000L;
  private static final long STREAM_TABLE = 0x5209_0000L;
  private static final long CONTEXT = STREAM_TABLE - 0x40;
  private static final long[] TABLES = {0x5300_0000L, 0x5300_1000L, 0x5300_2000L, 0x5300_3000L};
  private static final long TARGET = 0x5370_0000L;
  private static final long ADDRESS = 0x95_4321_0abcL;

  private static final long TABLE = 0x8000_0000_0000_0003L;

  /** A page for stage 1, or one that stage 2 may only read. */
  private static final long PAGE = 0x0400_0000_0000_0763L;

  /** A page that stage 2 may write; read-only for stage 1. */
  private static final long WRITABLE_IN_STAGE_2 = 0x0400_0000_0000_07e3L;

  /** What is translated, with STE.Config. */
  private enum Stages {
    STAGE_1(0b101),
    STAGE_2(0b110),
    NESTED(0b111);

    private final int config;

    Stages(int config) {
      this.config = config;
    }
  }

  @ParameterizedTest
  @EnumSource
  void theTestDeviceWritesThroughTablesThatBothStagesShare(Stages stages) throws Exception {
    Harness harness = startFile("qemu-virt.yaml");
    assertThat(harness.ask("endianness")).isEqualTo("OK little");
    int function = findDevice(harness);
    enable(harness, function);
    harness.perform("memset 0x%x 0x4 0x00", TARGET + 0xabc);
    streamTableEntry(harness, function, stages);
    if (stages != Stages.STAGE_2) {
      context(harness);
    }
    tables(harness, stages);
    program(harness);

    assertThat(transfer(harness)).isZero();
    assertThat(harness.ask("read 0x53700abc 0x4")).isEqualTo("OK 0x78563412");
    assertThat(harness.readRegister(0x100a8)).as("no event").isZero();
  }

  /** Looks at all functions of the bus, as nobody has told where the device is. */
  private static int findDevice(Harness harness) throws Exception {
    int found = -1;
    for (int function = 0; function < 256; function++) {
      long config = Harness.ECAM + ((long) function << 12);
      if (harness.ask(String.format("read 0x%x 0x2", config)).equals("OK 0x361b")
          && harness.ask(String.format("read 0x%x 0x2", config + 2)).equals("OK 0x0500")) {
        found = function;
      }
    }
    assertThat(found).isEqualTo(0x08);
    return found;
  }

  /** All three bits of the command register must read back as written, I/O space as well. */
  private static void enable(Harness harness, int function) throws Exception {
    long config = Harness.ECAM + ((long) function << 12);
    assertThat(harness.ask(String.format("read 0x%x 0x2", config + 4))).isEqualTo("OK 0x0000");
    harness.perform("write 0x%x 0x2 0x0700", config + 4);
    assertThat(harness.ask(String.format("read 0x%x 0x2", config + 4))).isEqualTo("OK 0x0700");
    harness.perform("write 0x%x 0x4 0xffffffff", config + 0x10);
    assertThat(harness.ask(String.format("read 0x%x 0x4", config + 0x10)))
        .as("4 KiB of memory")
        .isEqualTo("OK 0x00f0ffff");
    harness.perform("write 0x%x 0x4 0x%08x", config + 0x10, Integer.reverseBytes((int) BAR));
  }

  /** The fields of both stages are given, whichever counts. */
  private static void streamTableEntry(Harness harness, int streamId, Stages stages)
      throws Exception {
    long stage2 = 20 | 2 << 6 | 5L << 16 | 1 << 19;
    words(
        harness,
        STREAM_TABLE + 64L * streamId,
        CONTEXT | stages.config << 1 | 1,
        0,
        stage2 << 32,
        TABLES[0],
        0,
        0,
        0,
        0);
  }

  private static void context(Harness harness) throws Exception {
    long sizes = 16 | 1L << 30 | 1L << 31;
    long rest = 4 | 1 << 9 | 1 << 13 | 1 << 14 | 0x1e20L << 16;
    words(harness, CONTEXT, sizes | rest << 32, TABLES[0] | 1, 1, 0, 0, 0, 0, 0);
  }

  private static void words(Harness harness, long address, long... values) throws Exception {
    for (int i = 0; i < values.length; i++) {
      for (int half = 0; half < 2; half++) {
        long at = address + 8L * i + 4L * half;
        long word = values[i] >>> (32 * half) & 0xffff_ffffL;
        harness.perform("writel 0x%x 0x%x", at, word);
        assertThat(harness.number("readl 0x%x", at)).isEqualTo(word);
      }
    }
  }

  /** The walk of the address, and stage 2 for each table of it, its end and the context. */
  private static void tables(Harness harness, Stages stages) throws Exception {
    for (int level = 0; level < 4; level++) {
      long at = entry(level, ADDRESS);
      long leaf = TARGET | (stages == Stages.STAGE_2 ? WRITABLE_IN_STAGE_2 : PAGE);
      stage2(harness, at, PAGE);
      harness.perform("writeq 0x%x 0x%x", at, level < 3 ? TABLES[level + 1] | TABLE : leaf);
    }
    stage2(harness, TARGET, WRITABLE_IN_STAGE_2);
    if (stages == Stages.NESTED) {
      stage2(harness, CONTEXT, PAGE);
    }
  }

  private static void stage2(Harness harness, long address, long attributes) throws Exception {
    for (int level = 0; level < 3; level++) {
      harness.perform("writeq 0x%x 0x%x", entry(level, address), TABLES[level + 1] | TABLE);
    }
    harness.perform("writeq 0x%x 0x%x", entry(3, address), (address & -4096) | attributes);
  }

  private static long entry(int level, long address) {
    return TABLES[level] + 8 * (address >> (39 - 9 * level) & 511);
  }

  /** No queue is emptied before, and the bases of the queues are not aligned to their sizes. */
  private static void program(Harness harness) throws Exception {
    harness.writeRegister(0x44, 0x8000_0000L);
    harness.writeRegister(0x20, 0);
    harness.writeRegister(0x28, 0x0d75);
    harness.perform("writeq 0x%x 0x%x", Harness.SMMU + 0x90, 0x5207_b000L | 10);
    harness.writeRegister(0x9c, 0);
    harness.writeRegister(0x98, 0);
    harness.perform("writeq 0x%x 0x%x", Harness.SMMU + 0xa0, 0x5208_0000L | 10);
    harness.writeRegister(0x100a8, 0);
    harness.writeRegister(0x100ac, 0);
    harness.writeRegister(0x88, 5);
    harness.perform("writeq 0x%x 0x%x", Harness.SMMU + 0x80, STREAM_TABLE);
    harness.writeRegister(0x20, 0b1101);
  }

  /** Registers of the device are reached as ranges of four bytes. */
  private static long transfer(Harness harness) throws Exception {
    long target = TARGET + 0xabc;
    set(harness, 0x04, (int) ADDRESS);
    set(harness, 0x08, (int) (ADDRESS >>> 32));
    set(harness, 0x1c, (int) target);
    set(harness, 0x20, (int) (target >>> 32));
    set(harness, 0x0c, 4);
    set(harness, 0x18, 1 << 3 | 1 << 1);
    set(harness, 0x14, 1);
    harness.ask(String.format("read 0x%x 0x4", BAR));
    return Integer.reverseBytes((int) harness.number("read 0x%x 0x4", BAR + 0x10));
  }

  private static void set(Harness harness, int register, int value) throws Exception {
    harness.perform("write 0x%x 0x4 0x%08x", BAR + register, Integer.reverseBytes(value));
  }
}
