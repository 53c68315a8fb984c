package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.pcie.ledger.Violation;

/** Traffic that a function's own enables forbid: on record each time, and answered all the same. */
class RequestRulesTest extends FunctionScene {
  private static final int ATS_CONTROL = ScriptedDevice.ATS + 6;
  private static final int PASID_CONTROL = ScriptedDevice.PASID + 6;

  RequestRulesTest() {
    guest.store(frame, 0x0807_0605_0403_0201L);
  }

  private void assertBroken(ProtocolRule... rules) {
    List<String> texts = new ArrayList<>();
    for (ProtocolRule rule : rules) {
      texts.add(rule.toString());
    }
    assertThat(machine.violationTexts()).containsExactlyElementsOf(texts);
    assertThat(machine.root.counters().protocolViolations()).isEqualTo(rules.length);
    assertThat(machine.device("00:04.0").count(FunctionCounter.PACKETS_NOT_PERMITTED))
        .isEqualTo(rules.length);
  }

  private void requestTranslation(boolean privileged, boolean execute) {
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, privileged, execute);
          TlpWriter.translationRequest(out, ID, 1, VA, 1, false);
        });
  }

  @Test
  void recordsATranslationRequestWhileAtsIsOff() {
    machine.configWrite(ID, ATS_CONTROL, 2, 0);
    device.requestTranslation(1, PASID, VA, 1, false);
    assertThat(answer().type()).as("STE.EATS decides").isEqualTo(TlpType.COMPLETION_DATA);
    assertBroken(ProtocolRule.TRANSLATION_REQUEST);
    Violation violation = machine.violations.violations().get(0);
    assertThat(violation.device()).isEqualTo("00:04.0");
    assertThat(violation.pasid()).isEqualTo(PASID);
    assertThat(violation.address()).isEqualTo(VA);
  }

  @Test
  void recordsATranslatedRequestWhileAtsIsOff() {
    device.requestTranslation(1, PASID, VA, 1, false);
    answer();
    machine.configWrite(ID, ATS_CONTROL, 2, 0);
    device.readTranslated(2, frame, 8);
    assertThat(answer().payload()).isEqualTo("0102030405060708");
    device.write(-1, TlpWriter.TRANSLATED, frame, new byte[] {9});
    machine.run();
    assertThat(guest.load(frame)).isEqualTo(0x0807_0605_0403_0209L);
    assertBroken(ProtocolRule.TRANSLATED_REQUEST, ProtocolRule.TRANSLATED_REQUEST);
  }

  @Test
  void recordsAPasidWhilePasidsAreOff() {
    machine.configWrite(ID, PASID_CONTROL, 2, 0);
    device.read(1, PASID, VA, 8);
    assertThat(answer().payload()).isEqualTo("0102030405060708");
    device.write(PASID, 0, VA, new byte[] {9});
    device.requestTranslation(1, PASID, VA, 1, false);
    answer();
    device.read(1, -1, VA, 8);
    answer();
    assertBroken(ProtocolRule.PASID, ProtocolRule.PASID, ProtocolRule.PASID);
  }

  @Test
  void recordsAPasidOfAFunctionWithoutThem() {
    ScriptedDevice plain = new ScriptedDevice(0x28, 0);
    plain.set(ScriptedDevice.PASID, 0x1_0002, 0);
    machine.master(plain);
    guest.map(guest.translatingStream(0x28), VA, frame, true);
    plain.read(1, PASID, VA, 8);
    machine.run();
    assertThat(plain.take().status()).isEqualTo(CompletionStatus.SC);
    assertThat(machine.violationTexts()).containsExactly(ProtocolRule.PASID.toString());
  }

  @Test
  void recordsAPasidThatTheFunctionIsTooNarrowFor() {
    ScriptedDevice narrow = new ScriptedDevice(0x28, 0);
    narrow.set(ScriptedDevice.PASID + 4, 2 << 8, 1 << 16);
    machine.master(narrow);
    guest.map(guest.translatingStream(0x28), VA, frame, true);
    narrow.read(1, 3, VA, 8);
    narrow.read(2, 4, VA, 8);
    machine.run();
    assertThat(narrow.takeAll()).hasSize(2);
    assertThat(machine.violationTexts()).containsExactly(ProtocolRule.PASID_WIDTH.toString());
  }

  @Test
  void recordsAPasidOnATranslatedRequestUnlessEnabled() {
    device.requestTranslation(1, PASID, VA, 1, false);
    answer();
    device.write(PASID, TlpWriter.TRANSLATED, frame, new byte[] {9});
    machine.run();
    assertBroken(ProtocolRule.PASID_TRANSLATED);
    ScriptedDevice able = new ScriptedDevice(0x28, 0);
    able.set(ScriptedDevice.PASID + 4, 20 << 8 | 1 << 3, 0b1001 << 16);
    machine.master(able);
    machine.configWrite(0x28, PASID_CONTROL, 2, 0b1001);
    able.write(PASID, TlpWriter.TRANSLATED, frame, new byte[] {9});
    machine.run();
    assertBroken(ProtocolRule.PASID_TRANSLATED);
  }

  @Test
  void recordsExecuteAndPrivilegedRequestsUnlessEnabled() {
    requestTranslation(false, true);
    answer();
    requestTranslation(true, false);
    answer();
    assertBroken(ProtocolRule.EXECUTE, ProtocolRule.PRIVILEGED);
    machine.configWrite(ID, PASID_CONTROL, 2, 0b111);
    requestTranslation(true, true);
    answer();
    assertBroken(ProtocolRule.EXECUTE, ProtocolRule.PRIVILEGED);
  }

  @Test
  void knowsThatAFunctionCannotHaveWhatItDoesNotSupport() {
    ScriptedDevice plain = new ScriptedDevice(ID + 8, 0);
    plain.set(ScriptedDevice.PASID + 4, 20 << 8, 0b111 << 16);
    machine.master(plain);
    machine.configWrite(ID + 8, PASID_CONTROL, 2, 0b111);
    plain.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, true);
          TlpWriter.translationRequest(out, ID + 8, 1, VA, 1, false);
        });
    machine.run();
    assertThat(machine.violationTexts()).containsExactly(ProtocolRule.EXECUTE.toString());
  }

  @Test
  void recordsAndDropsPageRequestsAndStopMarkersWhileTheInterfaceIsOff() {
    device.requestPage(PASID, VA, 1, PageRequestFlags.READ | PageRequestFlags.LAST);
    device.send(out -> TlpWriter.stopMarker(out, ID, PASID));
    machine.run();
    assertThat(guest.pageRequestsQueued()).isZero();
    assertBroken(ProtocolRule.PAGE_REQUEST, ProtocolRule.PAGE_REQUEST);
  }

  @Test
  void recordsThePrefixOfAPageRequestToo() {
    machine.enablePageRequests(ID, 8);
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, true, false);
          TlpWriter.pageRequest(out, ID, VA, 1, PageRequestFlags.READ | PageRequestFlags.LAST);
        });
    machine.run();
    assertThat(guest.pageRequestsQueued()).isEqualTo(1);
    assertBroken(ProtocolRule.PRIVILEGED);
  }

  @Test
  void recordsAndRefusesAllMemoryRequestsWithoutBusMaster() {
    machine.configWrite(ID, 4, 2, 0);
    device.read(1, PASID, VA, 8);
    assertThat(answer().status()).isEqualTo(CompletionStatus.UR);
    device.write(PASID, 0, VA, new byte[] {9});
    device.requestTranslation(1, PASID, VA, 1, false);
    assertThat(answer().status()).isEqualTo(CompletionStatus.UR);
    assertThat(guest.load(frame)).isEqualTo(0x0807_0605_0403_0201L);
    assertBroken(ProtocolRule.BUS_MASTER, ProtocolRule.BUS_MASTER, ProtocolRule.BUS_MASTER);
  }

  @Test
  void recordsAnAtomicUnlessEnabled() {
    machine.configWrite(ID, ScriptedDevice.EXPRESS + 0x28, 2, 0);
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, false);
          out.writeInt(0x6C00_0001).writeInt(ID << 16).writeLong(VA).writeInt(0);
        });
    assertThat(answer().status()).isEqualTo(CompletionStatus.SC);
    assertBroken(ProtocolRule.ATOMIC);
  }

  @Test
  void permitsFromTheMomentThatSoftwareWritesIt() {
    machine.configWrite(ID, ATS_CONTROL, 2, 0);
    device.silent = true;
    machine.root.configWrite(ID, ATS_CONTROL, 2, 0x8000, () -> {});
    machine.run();
    device.requestTranslation(1, PASID, VA, 1, false);
    machine.run();
    device.answerLate();
    machine.run();
    machine.root.configWrite(ID, ATS_CONTROL, 2, 0, () -> {});
    machine.run();
    device.requestTranslation(1, PASID, VA, 1, false);
    machine.run();
    assertBroken();
    device.answerLate();
    device.requestTranslation(1, PASID, VA, 1, false);
    machine.run();
    assertBroken(ProtocolRule.TRANSLATION_REQUEST);
  }
}
