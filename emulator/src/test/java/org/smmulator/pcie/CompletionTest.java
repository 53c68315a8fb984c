package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.pcie.TestMachine.MILLI;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.memory.Target;

/** Completions of register reads: what is taken for the answer, and what is not. */
class CompletionTest {
  private static final int ID = 0x20;
  private static final long BAR = MemoryMap.PCIE_MMIO32;
  private static final int DATA = 0x4A00_0000;
  private static final int NO_DATA = 0x0A00_0000;

  private final TestMachine machine = new TestMachine();
  private final List<Long> values = new ArrayList<>();
  private ScriptedDevice device = new ScriptedDevice(ID, 0);

  @BeforeEach
  void enableTheBar() {
    device = machine.master(ID);
    machine.configWrite(ID, 0x10, 4, BAR);
  }

  private int memoryRead(long address, int bytes) {
    machine.root.memoryRead(address, bytes, (response, value) -> values.add(value));
    machine.run();
    return device.take().tag();
  }

  /** A completion, word for word; {@code dwords} of data. */
  private void complete(int dw0, int dwords, int status, int byteCount, int tag, int lower) {
    device.send(
        out -> {
          out.writeInt(dw0 | dwords).writeInt(ID << 16 | status << 13 | byteCount);
          out.writeInt(tag << 8 | lower);
          for (int i = 0; i < dwords; i++) {
            out.writeIntLE(0x1111_1111 * (i + 1));
          }
        });
    machine.run();
  }

  private void thatWasNotTaken(int tag, long allOnes) {
    assertThat(values).isEmpty();
    assertThat(machine.violationTexts())
        .containsExactly("completion for tag " + tag + " does not fit its request");
    machine.advance(1000 * MILLI);
    assertThat(values).containsExactly(allOnes);
    assertThat(device.closed).isNull();
    assertThat(machine.configRead(ID, 0, 4)).isEqualTo(0x0001_534dL);
  }

  @ParameterizedTest
  @CsvSource({
    "Byte Count too large,        0x4A000000, 1, 0, 8, 0x44",
    "Byte Count too small,        0x4A000000, 1, 0, 2, 0x44",
    "Lower Address elsewhere,     0x4A000000, 1, 0, 4, 0x40",
    "Lower Address zero,          0x4A000000, 1, 0, 4, 0",
    "too much data,               0x4A000000, 2, 0, 4, 0x44",
    "another traffic class,       0x4A300000, 1, 0, 4, 0x44",
    "relaxed ordering,            0x4A002000, 1, 0, 4, 0x44",
    "no snoop,                    0x4A001000, 1, 0, 4, 0x44",
    "success without data,        0x0A000000, 0, 0, 4, 0x44",
    "failure with data,           0x4A000000, 1, 1, 4, 0x44",
    "retry of no configuration,   0x0A000000, 0, 2, 4, 0x44",
  })
  void takesNoCompletionThatDoesNotFitARegisterRead(
      String what, int dw0, int dwords, int status, int byteCount, int lower) {
    int tag = memoryRead(BAR + 0x44, 4);
    complete(dw0, dwords, status, byteCount, tag, lower);
    thatWasNotTaken(tag, 0xFFFF_FFFFL);
  }

  @Test
  void takesNoReadOfEightBytesInTwoPieces() {
    int tag = memoryRead(BAR + 0x40, 8);
    complete(DATA, 1, 0, 8, tag, 0x40);
    complete(DATA, 1, 0, 4, tag, 0x44);
    assertThat(values).isEmpty();
    machine.advance(1000 * MILLI);
    assertThat(values).containsExactly(-1L);
    assertThat(machine.violationTexts())
        .hasSize(2)
        .containsOnly("completion for tag " + tag + " does not fit its request");
  }

  @Test
  void takesTheRightCompletionAfterAWrongOne() {
    int tag = memoryRead(BAR + 0x44, 4);
    complete(DATA, 1, 0, 8, tag, 0x44);
    complete(DATA, 1, 0, 4, tag, 0x44);
    assertThat(values).containsExactly(0x1111_1111L);
  }

  @ParameterizedTest
  @CsvSource({"0x13, 1, 0x13", "0x12, 2, 0x12", "0x7c, 4, 0x7c", "0x1f8, 8, 0x78"})
  void takesAReadOfEverySizeAtItsPlace(int offset, int bytes, int lower) {
    int tag = memoryRead(BAR + offset, bytes);
    complete(DATA, bytes == 8 ? 2 : 1, 0, bytes, tag, lower);
    long ones = Target.allOnes(bytes);
    assertThat(values).containsExactly(0x2222_2222_1111_1111L & ones);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1, 4", "4, 4", "4, 8", "1, 0"})
  void readsAllOnesFromAFailureWhateverItsByteCount(int status, int byteCount) {
    int tag = memoryRead(BAR + 0x40, 8);
    complete(NO_DATA, 0, status, byteCount, tag, 0);
    assertThat(values).containsExactly(-1L);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void readsAllOnesFromPoisonedData() {
    int tag = memoryRead(BAR + 0x40, 4);
    complete(DATA | TlpWriter.POISONED, 1, 0, 4, tag, 0x40);
    assertThat(values).containsExactly(0xFFFF_FFFFL);
    assertThat(machine.violations.violations()).isEmpty();
  }

  /** Answers nothing by itself from now on; the tag of a configuration request sent then. */
  private int configurationTag(Runnable request) {
    device.silent = true;
    request.run();
    machine.run();
    int tag = device.unansweredTag();
    device.silent = false;
    return tag;
  }

  @ParameterizedTest
  @CsvSource({
    "Byte Count of the bytes,  0x4A000000, 1, 0, 2, 0",
    "Lower Address,            0x4A000000, 1, 0, 4, 2",
    "too much data,            0x4A000000, 2, 0, 4, 0",
    "success without data,     0x0A000000, 0, 0, 4, 0",
  })
  void takesNoCompletionThatDoesNotFitAConfigurationRead(
      String what, int dw0, int dwords, int status, int byteCount, int lower) {
    int tag = configurationTag(() -> machine.root.configRead(ID, 2, 2, values::add));
    complete(dw0, dwords, status, byteCount, tag, lower);
    thatWasNotTaken(tag, 0xFFFFL);
  }

  @Test
  void takesNoDataForAConfigurationWrite() {
    int tag =
        configurationTag(() -> machine.root.configWrite(ID, 4, 2, 0, () -> values.add(0xFFFFL)));
    complete(DATA, 1, 0, 4, tag, 0);
    device.write(3, 0, 0x1000, new byte[4]);
    machine.run();
    assertThat(machine.device("00:04.0").count(FunctionCounter.WITHOUT_BUS_MASTER)).isZero();
    thatWasNotTaken(tag, 0xFFFFL);
  }

  @Test
  void aLateCompletionThatDoesNotFitDoesNotFreeTheTag() {
    int tag = memoryRead(BAR + 0x44, 4);
    machine.advance(1000 * MILLI);
    complete(DATA, 1, 0, 8, tag, 0x44);
    assertThat(machine.violations.violations()).hasSize(1);
    for (int i = 0; i < 600; i++) {
      int next = memoryRead(BAR + 0x44, 4);
      assertThat(next).isNotEqualTo(tag);
      complete(DATA, 1, 0, 4, next, 0x44);
    }
    complete(DATA, 1, 0, 4, tag, 0x44);
    assertThat(machine.device("00:04.0").count(FunctionCounter.COMPLETIONS_LATE)).isEqualTo(1);
    assertThat(machine.violations.violations()).hasSize(1);
  }

  @Test
  void forbidsOnlyWhatTheLastWriteForbidsAndOnlyOnceItIsCompleted() {
    int first = configurationTag(() -> machine.root.configWrite(ID, 0x3c, 1, 9, () -> {}));
    int second = configurationTag(() -> machine.root.configWrite(ID, 4, 2, 0, () -> {}));
    complete(NO_DATA, 0, CompletionStatus.SC, 4, first, 0);
    Consumer<ByteBuf> read = out -> TlpWriter.memoryRead(out, 0, ID, 5, 0x1000, 4);
    device.send(read);
    machine.run();
    assertThat(machine.device("00:04.0").count(FunctionCounter.WITHOUT_BUS_MASTER))
        .as("the write that forbids it is not completed")
        .isZero();
    complete(NO_DATA, 0, CompletionStatus.SC, 4, second, 0);
    device.send(read);
    machine.run();
    assertThat(machine.device("00:04.0").count(FunctionCounter.WITHOUT_BUS_MASTER)).isEqualTo(1);
  }
}
