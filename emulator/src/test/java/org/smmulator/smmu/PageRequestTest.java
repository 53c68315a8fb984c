package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.bus.tlp.PageRequestFlags.EXECUTE;
import static org.smmulator.bus.tlp.PageRequestFlags.LAST;
import static org.smmulator.bus.tlp.PageRequestFlags.PRIVILEGED;
import static org.smmulator.bus.tlp.PageRequestFlags.READ;
import static org.smmulator.bus.tlp.PageRequestFlags.WRITE;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.RecordedOutputs.PageResponse;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.SmmuInterrupt;

class PageRequestTest {
  private static final int NONE = BareGuest.NONE;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long OVERFLOW = 0x8000_0000L;
  private static final int SUCCESS = 0;
  private static final int FAILURE = 0xf;

  private BareGuest guest = BareGuest.up();

  private void request(int substreamId, int prgIndex, int flags) {
    guest.smmu.pageRequest(5, substreamId, VA + 0xabc, prgIndex, flags);
  }

  private void fill() {
    for (int i = 0; i < 16; i++) {
      request(7, i, READ);
    }
    assertThat(guest.readRegister("PRIQ_PROD")).isEqualTo(16);
    assertThat(guest.outputs.responses).isEmpty();
  }

  private void withoutPps() {
    guest = BareGuest.up(BareGuest.smallCaches().without(Feature.PPS));
  }

  @Test
  void writesTheRequestIntoTheQueue() {
    request(0xfffff, 0x1ff, READ | WRITE | LAST | EXECUTE | PRIVILEGED);
    request(NONE, 3, READ | EXECUTE | PRIVILEGED);

    List<Structure> records = guest.takePageRequests();
    assertThat(records).hasSize(2);
    Structure first = records.get(0);
    assertThat(first.get("stream")).isEqualTo(5);
    assertThat(first.get("ssv")).isEqualTo(1);
    assertThat(first.get("substream")).isEqualTo(0xfffff);
    assertThat(first.get("address")).isEqualTo(VA);
    assertThat(first.get("prgindex")).isEqualTo(0x1ff);
    for (String flag : List.of("r", "w", "x", "priv", "last")) {
      assertThat(first.get(flag)).as(flag).isEqualTo(1);
    }
    // Without PASID there is no privilege and no execution.
    Structure second = records.get(1);
    assertThat(second.word(0)).isEqualTo(5 | 1L << 60);
    assertThat(second.word(1)).isEqualTo(VA | 3);
    assertThat(guest.smmu.counters().of(SmmuCounter.PAGE_REQUESTS)).isEqualTo(2);
  }

  @Test
  void interruptsWhenItStopsBeingEmpty() {
    request(7, 0, READ);
    request(7, 1, READ | LAST);
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.PRIQ));
    guest.takePageRequests();
    request(7, 2, READ);
    assertThat(guest.outputs.pulses).hasSize(2);
  }

  @Test
  void interruptsOnTheLastOfAGroupIfSoftwareLikesThatBetter() {
    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister("PRIQ_IRQ_CFG2", 1L << 31);
    guest.writeRegister("IRQ_CTRL", 0b010);
    request(7, 0, READ);
    assertThat(guest.outputs.pulses).isEmpty();
    request(7, 0, READ | LAST);
    assertThat(guest.outputs.pulses).hasSize(1);
    for (int i = 0; i < 14; i++) {
      request(7, 1, READ);
    }
    assertThat(guest.outputs.pulses).hasSize(1);
    request(7, 1, READ);
    assertThat(guest.outputs.pulses).hasSize(1);
    request(7, 1, READ | LAST);
    assertThat(guest.outputs.pulses).hasSize(2);
  }

  @Test
  void sendsMessagesWhereTheRegistersSay() {
    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister64("PRIQ_IRQ_CFG0", 0x0802_0040L);
    guest.writeRegister("PRIQ_IRQ_CFG1", 101);
    guest.writeRegister("IRQ_CTRL", 0b010);
    request(7, 0, READ | LAST);
    assertThat(guest.msis).isEqualTo(List.of(101));

    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister64("PRIQ_IRQ_CFG0", 0x1000);
    guest.writeRegister("IRQ_CTRL", 0b010);
    guest.takePageRequests();
    request(7, 0, READ | LAST);
    assertThat(guest.activeErrors()).isEqualTo(1 << 6);
  }

  @ParameterizedTest
  @ValueSource(longs = {0b1_1101, 0b1_1110})
  void whileDisabledEveryRequestFailsAtOnce(long cr0) {
    guest.writeRegister("CR0", cr0);
    request(7, 1, READ);
    request(7, 2, READ | LAST);
    request(7, 0, LAST);
    assertThat(guest.outputs.responses)
        .isEqualTo(
            List.of(new PageResponse(5, NONE, 1, FAILURE), new PageResponse(5, NONE, 2, FAILURE)));
    assertThat(guest.readRegister("PRIQ_PROD")).isZero();
    assertThat(guest.smmu.counters().of(SmmuCounter.AUTOMATIC_RESPONSES)).isEqualTo(2);
  }

  @Test
  void anAbortedRecordFailsItsRequestAndAllAfterIt() {
    guest.memory.abortNth(2);
    request(7, 1, READ);
    assertThat(guest.activeErrors()).isEqualTo(1 << 3);
    request(7, 2, READ | LAST);
    assertThat(guest.outputs.responses)
        .isEqualTo(
            List.of(new PageResponse(5, NONE, 1, FAILURE), new PageResponse(5, NONE, 2, FAILURE)));

    guest.acknowledgeErrors();
    request(7, 3, READ);
    assertThat(guest.takePageRequests()).hasSize(1);
    assertThat(guest.outputs.responses).hasSize(2);
  }

  @Test
  void anAbortedMarkerGetsNoResponse() {
    guest.memory.abortNth(1);
    request(7, 0, LAST);
    assertThat(guest.activeErrors()).isEqualTo(1 << 3);
    assertThat(guest.outputs.responses).isEmpty();
  }

  @Test
  void anOverflowHoldsBackEverythingUntilAcknowledged() {
    fill();
    request(7, 20, READ);
    assertThat(guest.readRegister("PRIQ_PROD")).isEqualTo(16 | OVERFLOW);
    assertThat(guest.outputs.responses).isEmpty();
    request(7, 21, READ | LAST);
    assertThat(guest.outputs.responses).containsExactly(new PageResponse(5, 7, 21, SUCCESS));

    // Room alone does not help.
    guest.writeRegister("PRIQ_CONS", 16);
    request(7, 22, READ | LAST);
    assertThat(guest.outputs.responses).hasSize(2);
    assertThat(guest.readRegister("PRIQ_PROD")).isEqualTo(16 | OVERFLOW);

    guest.writeRegister("PRIQ_CONS", 16 | OVERFLOW);
    request(7, 23, READ | LAST);
    assertThat(guest.outputs.responses).hasSize(2);
    assertThat(guest.readRegister("PRIQ_PROD")).isEqualTo(17 | OVERFLOW);
  }

  @Test
  void theRequestThatOverflowsIsAnsweredIfItIsTheLast() {
    fill();
    request(NONE, 20, READ | LAST);
    assertThat(guest.outputs.responses).containsExactly(new PageResponse(5, NONE, 20, SUCCESS));
  }

  @Test
  void aMarkerIsNeverAnsweredButTheSameFlagsWithoutPasidAre() {
    fill();
    request(7, 0, LAST);
    assertThat(guest.outputs.responses).isEmpty();
    request(NONE, 0, LAST);
    assertThat(guest.outputs.responses).containsExactly(new PageResponse(5, NONE, 0, SUCCESS));
  }

  @ParameterizedTest
  @CsvSource({"0, -1", "1, 7"})
  void withoutPpsTheStreamDecidesAboutThePasid(int ppar, int answered) {
    withoutPps();
    guest.storeSte(5, BareGuest.ste(0b100).set("ppar", ppar));
    fill();
    request(7, 20, READ | LAST);
    assertThat(guest.outputs.responses).containsExactly(new PageResponse(5, answered, 20, SUCCESS));
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void withoutPpsAnIllegalStreamFails() {
    withoutPps();
    fill();
    request(7, 20, READ | LAST);
    request(NONE, 21, READ | LAST);
    assertThat(guest.outputs.responses)
        .containsExactly(
            new PageResponse(5, NONE, 20, FAILURE), new PageResponse(5, NONE, 21, SUCCESS));
    assertThat(guest.takeEvent().get("id")).isEqualTo(Vectors.event("C_BAD_STE"));
  }
}
