package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.ControlChanges;
import org.smmulator.smmu.register.GatosRequest;
import org.smmulator.smmu.register.RegisterWrites;
import org.smmulator.smmu.register.Registers;

/** Translation by registers: the registers' part of it. */
class GatosTest {
  private static final int NONE = Transaction.NO_SUBSTREAM;
  private static final long RESULT = 0xff00_0000_4000_0300L;
  private static final int READ = 1;
  private static final int STAGE1 = 1;
  private static final int STAGE2 = 2;
  private static final int INV_REQ = 0xff;

  private final RecordedOutputs outputs = new RecordedOutputs();
  private final List<GatosRequest> requests = new ArrayList<>();
  private Registers registers = new Registers(SmmuFeatures.defaults(), outputs);
  private RegisterWrites writes = writes(SmmuFeatures.defaults());

  private void use(SmmuFeatures features) {
    registers = new Registers(features, outputs);
    writes = writes(features);
  }

  private RegisterWrites writes(SmmuFeatures features) {
    return new RegisterWrites(
        registers,
        features,
        outputs,
        new ControlChanges() {
          @Override
          public void disabled() {}

          @Override
          public void cr2Changed() {}
        },
        request -> {
          requests.add(request);
          return RESULT;
        });
  }

  private void write(String register, int bytes, long value) {
    writes.write(Vectors.register(register), bytes, value);
  }

  private static Structure address(long address, int type) {
    return new Structure("gatos_addr", 1).set("addr", address).set("type", type).set("rnw", READ);
  }

  private void run(Structure sid, Structure addr) {
    write("GATOS_SID", 8, sid.word(0));
    write("GATOS_ADDR", 8, addr.word(0));
    write("GATOS_CTRL", 4, 1);
  }

  private Structure par() {
    Structure par = new Structure("gatos_par", 1);
    par.words()[0] = registers.read(Vectors.register("GATOS_PAR"), 8);
    return par;
  }

  private static Structure stream(int streamId) {
    return new Structure("gatos_sid", 1).set("stream", streamId);
  }

  @Test
  void runTranslatesWhatTheRegistersSay() {
    write("CR0", 4, 1);
    run(
        stream(0x105).set("substream", 0xabcde).set("ssidvalid", 1),
        address(0x7fff_1234_5000L, STAGE1).set("pnu", 1).set("ind", 1).set("httui", 1));
    run(stream(5), address(0xffff_8000_0000_0000L, STAGE1 | STAGE2).set("rnw", 0).set("ind", 1));
    run(stream(5), address(0, STAGE2));

    assertThat(requests)
        .isEqualTo(
            List.of(
                new GatosRequest(
                    0x105, 0xabcde, 0x7fff_1234_5000L, true, false, false, true, true, false),
                new GatosRequest(
                    5, NONE, 0xffff_8000_0000_0000L, true, true, true, false, false, true),
                new GatosRequest(5, NONE, 0, false, true, false, false, false, true)));
    assertThat(par().word(0)).isEqualTo(RESULT);
  }

  @Test
  void theResultIsThereWhenRunIsSeenClear() {
    write("CR0", 4, 1);
    int changes = outputs.registersChanged;
    run(stream(5), address(0, STAGE1));
    assertThat(registers.read(Vectors.register("GATOS_CTRL"), 4)).isZero();
    assertThat(outputs.registersChanged).isEqualTo(changes + 1);
  }

  @Test
  void whileTheSmmuIsDisabledRunIsIgnored() {
    run(stream(5), address(0, STAGE1));
    assertThat(requests).isEmpty();
    assertThat(par().word(0)).isZero();
  }

  @Test
  void aRequestForNoStageIsNone() {
    write("CR0", 4, 1);
    run(stream(5), address(0x1000, 0));
    assertThat(par().get("fault")).isEqualTo(1);
    assertThat(par().get("faultcode")).isEqualTo(INV_REQ);
    assertThat(requests).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"2, true", "3, true", "1, false"})
  void aRequestForAStageThatTheSmmuHasNotIsNone(int type, boolean refused) {
    use(
        SmmuFeatures.defaults()
            .without(
                Feature.S2P,
                Feature.HYP,
                Feature.SPLIT_ATS,
                Feature.VMID16,
                Feature.VMW,
                Feature.XNX,
                Feature.FWB));
    write("CR0", 4, 1);
    run(stream(5), address(0x1000, type));
    assertThat(par().get("faultcode") == INV_REQ).isEqualTo(refused);
    assertThat(requests).hasSize(refused ? 0 : 1);
  }

  @Test
  void aRequestForStage2AloneHasNoSubstream() {
    write("CR0", 4, 1);
    run(stream(5).set("substream", 1).set("ssidvalid", 1), address(0x1000, STAGE2));
    assertThat(par().get("faultcode")).isEqualTo(INV_REQ);
    assertThat(requests).isEmpty();
  }

  @Test
  void theResultIsReadOnly() {
    write("GATOS_PAR", 8, -1);
    assertThat(par().word(0)).isZero();
  }

  @Test
  void withoutTheFeatureThereAreNoRegisters() {
    use(SmmuFeatures.defaults().without(Feature.ATOS));
    write("CR0", 4, 1);
    run(stream(5), address(0x1000, STAGE1));
    assertThat(requests).isEmpty();
    assertThat(registers.read(Vectors.register("GATOS_SID"), 8)).isZero();
    assertThat(registers.read(Vectors.register("GATOS_ADDR"), 8)).isZero();
  }
}
