package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.pcie.TestMachine.MILLI;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.bus.tlp.TlpWriter;

/** Function Level Reset and the reset of a root bus, and what is left of a function after them. */
class FunctionResetTest extends FunctionScene {
  private static final int DEVICE_CONTROL = ScriptedDevice.EXPRESS + 8;
  private static final int INITIATE = 1 << 15;
  private static final long BAR = MemoryMap.PCIE_MMIO32;

  private final List<String> done = new ArrayList<>();

  @BeforeEach
  void enableAndGrant() {
    machine.configWrite(ID, 0x10, 4, BAR);
    grantOnePage();
  }

  private void functionReset() {
    machine.root.configWrite(ID, DEVICE_CONTROL, 2, INITIATE, () -> done.add("reset"));
    machine.run();
  }

  private void busReset(int bus) {
    machine.hotplug.write(HotplugBlock.RESET, bus);
    machine.run();
  }

  private boolean isBusReset() {
    return machine.hotplug.read(HotplugBlock.RESET) == 0;
  }

  @Test
  void sendsAResetAndTellsSoftwareWhenTheFunctionAnswersAgain() {
    functionReset();
    assertThat(device.resets).isEqualTo(1);
    assertThat(done).containsExactly("reset");
    assertThat(machine.device("00:04.0").count(FunctionCounter.RESETS)).isEqualTo(1);
  }

  @Test
  void resetsNoFunctionThatIsNotCapableOfIt() {
    ScriptedDevice plain = new ScriptedDevice(0x28, 0);
    plain.set(ScriptedDevice.EXPRESS + 4, 0, 0);
    machine.attach(plain);
    machine.configWrite(0x28, DEVICE_CONTROL, 2, INITIATE);
    assertThat(plain.resets).isZero();
    machine.configWrite(ID, DEVICE_CONTROL, 2, 0x2810);
    machine.configWrite(ID, DEVICE_CONTROL, 1, 0x80);
    assertThat(device.resets).isZero();
  }

  @Test
  void resetsEveryFunctionOfARootBusAndNoOther() {
    ScriptedDevice neighbour = machine.attach(0x28);
    busReset(1);
    assertThat(device.resets).isZero();
    busReset(0);
    assertThat(device.resets).isEqualTo(1);
    assertThat(neighbour.resets).isEqualTo(1);
    assertThat(isBusReset()).isTrue();
  }

  @Test
  void waitsForEveryFunctionOfTheBus() {
    ScriptedDevice slow = machine.attach(0x28);
    slow.silent = true;
    busReset(0);
    assertThat(isBusReset()).isFalse();
    machine.advance(1000 * MILLI);
    assertThat(isBusReset()).isTrue();
    assertThat(machine.device("00:05.0").answering()).isFalse();
    assertThat(machine.device("00:04.0").answering()).isTrue();
  }

  @Test
  void dropsTheGrantsOfTheFunction() {
    assertThat(machine.ledger.live()).isEqualTo(1);
    functionReset();
    assertThat(machine.ledger.live()).isZero();
    machine.ledger.freed(frame, 0);
    machine.run();
    assertThat(machine.violations.violations()).isEmpty();
    machine.enable(device);
    device.readTranslated(2, frame, 4);
    machine.run();
    assertThat(machine.ledger.staleAccesses()).isEqualTo(1);
  }

  @Test
  void keepsTheGrantsUntilTheFunctionHasHadTheReset() {
    device.silent = true;
    functionReset();
    device.readTranslated(2, frame, 4);
    device.requestTranslation(3, PASID, VA, 1, false);
    machine.run();
    assertThat(device.resets).isEqualTo(1);
    assertThat(machine.ledger.live()).isEqualTo(1);
    assertThat(machine.violations.violations()).isEmpty();
    assertThat(done).isEmpty();
  }

  /** What it has asked for before it has the reset is in order, and software's to answer. */
  @Test
  void keepsTheAllocationOfPageRequestsUntilTheFunctionHasHadTheReset() {
    int last = PageRequestFlags.READ | PageRequestFlags.LAST;
    machine.enablePageRequests(ID, 2);
    device.silent = true;
    functionReset();
    device.requestPage(PASID, VA, 1, last);
    device.requestPage(PASID, VA, 2, last);
    machine.run();
    assertThat(machine.violations.violations()).isEmpty();
    assertThat(guest.pageRequestsQueued()).isEqualTo(2);
    device.requestPage(PASID, VA, 3, last);
    machine.run();
    assertThat(machine.violationTexts())
        .containsExactly("3 page requests outstanding; its allocation is 2");
  }

  @Test
  void forgetsWhatSoftwareHadPermitted() {
    functionReset();
    device.requestTranslation(3, PASID, VA, 1, false);
    machine.run();
    assertThat(device.take().status()).isEqualTo(CompletionStatus.UR);
    assertThat(machine.device("00:04.0").count(FunctionCounter.WITHOUT_BUS_MASTER)).isEqualTo(1);
    List<Long> values = new ArrayList<>();
    machine.root.memoryRead(BAR, 4, (response, value) -> values.add(value));
    assertThat(values).containsExactly(0xFFFF_FFFFL);
    machine.enable(device);
    grantOnePage();
    machine.configWrite(ID, ScriptedDevice.ATS + 6, 2, 0);
    device.requestTranslation(3, PASID, VA, 1, false);
    machine.run();
    assertThat(machine.violations.violations()).hasSize(2);
  }

  private void readsInPiecesOf(ScriptedDevice requester, int bytes) {
    machine.enable(requester);
    requester.read(9, PASID, VA, 512);
    machine.run();
    assertThat(requester.takeAll()).extracting(p -> p.payload().length() / 2).containsOnly(bytes);
  }

  @Test
  void sendsNoLargerPayloadsThanBeforeTheReset() {
    machine.configWrite(ID, DEVICE_CONTROL, 2, 0x5000);
    busReset(0);
    readsInPiecesOf(device, 128);
    machine.configWrite(ID, DEVICE_CONTROL, 2, 0x5020);
    readsInPiecesOf(device, 256);
  }

  @Test
  void sendsNoLargerPayloadsThanTheFunctionHasAtFirst() {
    ScriptedDevice small = new ScriptedDevice(0x28, 0);
    small.set(DEVICE_CONTROL, 5 << 12, 0x78ff);
    machine.master(small);
    guest.map(guest.translatingStream(0x28), VA, frame, true);
    machine.configWrite(0x28, DEVICE_CONTROL, 2, 0x5020);
    readsInPiecesOf(small, 256);
    machine.configWrite(0x28, DEVICE_CONTROL, 2, 0x5020 | INITIATE);
    readsInPiecesOf(small, 128);
  }

  @Test
  void endsOutstandingReadsAndKnowsTheirAnswersAsLate() {
    List<Long> values = new ArrayList<>();
    machine.root.memoryRead(BAR, 4, (response, value) -> values.add(value));
    machine.run();
    ReceivedPacket read = device.take();
    functionReset();
    assertThat(values).containsExactly(0xFFFF_FFFFL);
    device.send(
        out ->
            out.setIntLE(
                TlpWriter.completionData(
                    out, ID, TlpWriter.transaction(0, read.tag()), 4, read.address(), 4),
                7));
    machine.run();
    assertThat(machine.device("00:04.0").count(FunctionCounter.COMPLETIONS_LATE)).isEqualTo(1);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void completesOutstandingInvalidationsOnlyOnceTheFunctionIsReset() {
    for (int i = 0; i < 40; i++) {
      guest.atcInvalidation(ID, PASID, VA, 0);
    }
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    assertThat(device.takeAll()).hasSize(32);
    device.silent = true;
    functionReset();
    assertThat(guest.isIdle()).as("the function may still use what it caches").isFalse();
    device.silent = false;
    device.answerLate();
    machine.run();
    assertThat(guest.isIdle()).isTrue();
    assertThat(guest.commandError()).isZero();
    assertThat(device.received).as("nothing was sent for those that waited").isEmpty();
  }

  @Test
  void neverUsesTheTagOfAnInvalidationThatAResetHasEnded() {
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.run();
    int owed = device.take().tag();
    functionReset();
    for (int i = 0; i < 100; i++) {
      guest.atcInvalidation(ID, PASID, VA, 0);
      machine.run();
      int tag = device.take().tag();
      assertThat(tag).isNotEqualTo(owed);
      device.completeInvalidations(1, 1 << tag);
      machine.run();
    }
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    device.completeInvalidations(1, 1 << owed);
    machine.run();
    assertThat(guest.isIdle()).as("completed by what was owed from before the reset").isFalse();
    assertThat(machine.device("00:04.0").count(FunctionCounter.INVALIDATIONS_LATE)).isEqualTo(1);
    completeInvalidation();
    assertThat(guest.isIdle()).isTrue();
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void aFencedFunctionAnswersInvalidationsAgainAfterAReset() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.advance(1000 * MILLI);
    assertThat(guest.commandError()).isEqualTo(CERROR_ATC_INV_SYNC);
    assertThat(machine.device("00:04.0").answering()).isFalse();
    device.takeAll();
    functionReset();
    assertThat(machine.device("00:04.0").answering()).isTrue();
    guest.acknowledgeErrors();
    machine.enable(device);
    grantOnePage();
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    completeInvalidation();
    assertThat(guest.isIdle()).isTrue();
    grantOnePage();
    machine.ledger.freed(frame, 0);
    machine.run();
    assertThat(machine.ledger.freedUnderGrant()).as("judged as before").isEqualTo(1);
  }

  @Test
  void aFunctionThatDoesNotComeBackIsFencedAndItsInvalidationsFail() {
    device.silent = true;
    functionReset();
    machine.advance(500 * MILLI);
    guest.invalidate(ID, PASID, VA, 0);
    machine.advance(499 * MILLI);
    assertThat(guest.commandError()).isZero();
    machine.advance(MILLI);
    assertThat(guest.commandError()).isEqualTo(CERROR_ATC_INV_SYNC);
    assertThat(done).containsExactly("reset");
    assertThat(machine.device("00:04.0").answering()).isFalse();
    assertThat(machine.violations.violations()).as("slow is no broken rule").isEmpty();
  }

  @Test
  void givesPageRequestsTheirCreditsBack() {
    machine.enablePageRequests(ID, 1);
    device.requestPage(PASID, VA, 1, PageRequestFlags.READ | PageRequestFlags.LAST);
    machine.run();
    functionReset();
    machine.enable(device);
    machine.enablePageRequests(ID, 1);
    device.requestPage(PASID, VA, 1, PageRequestFlags.READ | PageRequestFlags.LAST);
    machine.run();
    assertThat(machine.violations.violations()).isEmpty();
    assertThat(guest.pageRequestsQueued()).isEqualTo(2);
  }

  @Test
  void lowersTheInterruptPin() {
    List<Boolean> levels = new ArrayList<>();
    machine.root.pins().connect((line, asserted) -> levels.add(asserted));
    device.send(out -> TlpWriter.interruptMessage(out, ID, true));
    machine.run();
    functionReset();
    assertThat(levels).containsExactly(true, false);
  }

  @Test
  void aSecondResetDuringTheFirstEndsBoth() {
    device.silent = true;
    functionReset();
    functionReset();
    assertThat(done).as("the first one's read tells nothing").isEmpty();
    assertThat(machine.device("00:04.0").answering()).isTrue();
    device.silent = false;
    device.answerLate();
    machine.run();
    assertThat(device.resets).isEqualTo(2);
    assertThat(done).containsExactly("reset", "reset");
    assertThat(machine.device("00:04.0").count(FunctionCounter.RESETS)).isEqualTo(1);
  }

  @Test
  void aResetEndsWithTheLink() {
    device.silent = true;
    functionReset();
    device.link().detach();
    machine.run();
    assertThat(done).containsExactly("reset");
    assertThat(machine.violations.violations()).isEmpty();
    assertThat(machine.configRead(ID, 0, 4)).isEqualTo(0xFFFF_FFFFL);
  }

  @Test
  void answersToInvalidationsFlowWhileTheResetIsUnderWay() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    ReceivedPacket request = device.take();
    assertThat(request.messageCode()).isEqualTo(MessageCode.INVALIDATE_REQUEST);
    device.silent = true;
    functionReset();
    device.completeInvalidations(1, 1 << request.tag());
    machine.run();
    assertThat(guest.isIdle()).isTrue();
    assertThat(machine.ledger.live()).isZero();
    assertThat(machine.violations.violations()).isEmpty();
  }
}
