package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.pcie.TestMachine.MILLI;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.TlpWriter;

/** Configuration and memory space of functions, as software reads and writes them. */
class DownstreamRequestTest {
  private static final int ID = 0x20;
  private static final long BAR = 0x1000_0000L;

  private final TestMachine machine = new TestMachine();

  @Test
  void readsAllOnesWhereNoFunctionIs() {
    assertThat(machine.configRead(ID, 0, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(machine.configRead(ID, 0, 2)).isEqualTo(0xFFFFL);
    assertThat(machine.configRead(0xff00, 0, 1)).isEqualTo(0xFFL);
    assertThat(machine.configRead(1, 0, 4)).isEqualTo(0xFFFF_FFFFL);
  }

  @Test
  void isTheHostBridgeAtZero() {
    assertThat(machine.configRead(0, 0, 4)).isEqualTo(0x0008_1b36L);
    assertThat(machine.configRead(0, 0x0a, 2)).isEqualTo(0x0600L);
    assertThat(machine.configRead(0, 0x0e, 1)).isZero();
  }

  @Test
  void routesMemoryAccessesToTheEnabledBarOnly() {
    ScriptedDevice device = machine.attach(ID);
    machine.configWrite(ID, 0x10, 4, BAR);
    machine.configWrite(ID, 0x14, 4, 0);
    assertThat(memoryRead(BAR + 8, 4)).containsExactly(0xFFFF_FFFFL);
    machine.configWrite(ID, 0x04, 2, 0b010);
    machine.root.memoryWrite(BAR + 0x1006, 2, 0xBEEF);
    machine.run();
    ReceivedPacket write = device.take();
    assertThat(write.address()).isEqualTo(BAR + 0x1006);
    assertThat(write.payload()).isEqualTo("0000efbe");
    assertThat(memoryRead(BAR + 0x1_0000, 4)).containsExactly(0xFFFF_FFFFL);
    List<Long> values = memoryRead(BAR + 0x10, 8);
    assertThat(values).isEmpty();
    ReceivedPacket read = device.take();
    assertThat(read.address()).isEqualTo(BAR + 0x10);
    complete(device, read, 0x1122_3344_5566_7788L);
    assertThat(values).containsExactly(0x1122_3344_5566_7788L);
  }

  @Test
  void readsAllOnesWhenTheAnswerIsLateAndCountsIt() {
    ScriptedDevice device = machine.attach(ID);
    machine.configWrite(ID, 0x10, 4, BAR);
    machine.configWrite(ID, 0x04, 2, 0b010);
    List<Long> values = memoryRead(BAR, 8);
    machine.advance(999 * MILLI);
    assertThat(values).isEmpty();
    machine.advance(MILLI);
    assertThat(values).containsExactly(-1L);
    complete(device, device.take(), 5);
    assertThat(values).hasSize(1);
    DeviceCounters counters = machine.device("00:04.0");
    assertThat(counters.count(FunctionCounter.REQUESTS_TIMED_OUT)).isEqualTo(1);
    assertThat(counters.count(FunctionCounter.COMPLETIONS_LATE)).isEqualTo(1);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void answersEveryReadOfASilentDeviceHoweverManyThereAre() {
    ScriptedDevice device = machine.attach(ID);
    device.silent = true;
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      machine.root.configRead(ID, 0, 4, values::add);
    }
    assertThat(values).as("beyond 256 tags and 4096 places").hasSize(10_000 - 256 - 4096);
    machine.advance(3000 * MILLI);
    assertThat(values).hasSize(10_000).containsOnly(0xFFFF_FFFFL);
  }

  @Test
  void lendsTheWireToARequestThatWaitedForATag() {
    machine.attach(ID);
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      machine.root.configRead(ID, 0, 4, values::add);
    }
    machine.run();
    assertThat(values).hasSize(1000).containsOnly(0x0001_534dL);
  }

  @Test
  void aFunctionThatIsNeverReadyReadsAsAllOnesInTheUsualTimeAndItsTagIsFreeAgain() {
    ScriptedDevice device = machine.attach(ID);
    device.retries = Integer.MAX_VALUE;
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      machine.root.configRead(ID, 0, 4, values::add);
    }
    machine.advance(5000 * MILLI);
    assertThat(values).hasSize(1000).containsOnly(0xFFFF_FFFFL);
    device.retries = 0;
    assertThat(machine.configRead(ID, 0, 4)).isEqualTo(0x0001_534dL);
    assertThat(machine.violationTexts()).isEmpty();
  }

  @Test
  void recordsACompletionThatNobodyWaitsFor() {
    ScriptedDevice device = machine.attach(ID);
    device.send(out -> TlpWriter.completion(out, device.id(), TlpWriter.transaction(0, 77), 0, 4));
    device.send(
        out -> TlpWriter.completion(out, device.id(), TlpWriter.transaction(0x40, 1), 0, 4));
    device.send(
        out -> TlpWriter.completion(out, device.id(), TlpWriter.transaction(0, 1000), 0, 4));
    machine.run();
    assertThat(machine.violationTexts())
        .containsExactly(
            "completion for tag 77, which is not in use",
            "completion for tag 1, which is not in use",
            "completion for tag 1000, which is not in use");
    assertThat(device.closed).isNull();
  }

  @Test
  void takesNoCompletionForAnotherRequester() {
    ScriptedDevice device = machine.attach(ID);
    machine.configWrite(ID, 0x10, 4, BAR);
    machine.configWrite(ID, 0x04, 2, 0b010);
    List<Long> values = memoryRead(BAR, 8);
    ReceivedPacket read = device.take();
    long transaction = TlpWriter.transaction(0x40, read.tag());
    device.send(out -> TlpWriter.completion(out, device.id(), transaction, 1, 4));
    machine.run();
    assertThat(values).isEmpty();
    assertThat(machine.violations.violations()).hasSize(1);
    complete(device, read, 7);
    assertThat(values).containsExactly(7L);
  }

  @Test
  void givesAnOverlappingBarToTheFirstFunction() {
    ScriptedDevice first = machine.attach(0x08);
    ScriptedDevice second = machine.attach(0x10);
    for (int id : new int[] {0x10, 0x08}) {
      machine.configWrite(id, 0x10, 4, BAR);
      machine.configWrite(id, 0x04, 2, 0b010);
    }
    machine.root.memoryWrite(BAR, 4, 1);
    machine.run();
    assertThat(first.received).hasSize(1);
    assertThat(second.received).isEmpty();
  }

  /** Answers a read of eight bytes. */
  private void complete(ScriptedDevice device, ReceivedPacket read, long value) {
    device.send(
        out -> {
          long transaction = TlpWriter.transaction(0, read.tag());
          int index = TlpWriter.completionData(out, device.id(), transaction, 8, read.address(), 8);
          out.setLongLE(index, value);
        });
    machine.run();
  }

  private List<Long> memoryRead(long pa, int bytes) {
    List<Long> values = new ArrayList<>();
    machine.root.memoryRead(pa, bytes, (response, value) -> values.add(value));
    machine.run();
    return values;
  }
}
