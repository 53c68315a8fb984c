package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.smmulator.bus.tlp.PacketField;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.InProcessWire;
import org.smmulator.bus.wire.LinkLimits;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.ledger.Violation;

/** Each row of the rules: a device can break it, and then that row is counted and no other. */
class ProtocolRuleTest {
  private static final int ID = 0x20;
  private static final int PASID = 3;
  private static final int ATS_CONTROL = ScriptedDevice.ATS + 6;
  private static final int PASID_CONTROL = ScriptedDevice.PASID + 6;
  private static final long VA = 0x7f00_1234_5000L;
  private static final int FETCH_ADD = 0x6C00_0001;

  private final TestMachine machine = new TestMachine();
  private final MinimalGuest guest = machine.guest;

  private ScriptedDevice device() {
    guest.map(guest.translatingStream(ID), VA, guest.allocate(4096), true);
    return machine.master(ID);
  }

  /** One whose configuration space is not what firmware must find. */
  private void train(int register, int value, int writable) {
    ScriptedDevice odd = new ScriptedDevice(ID, 0);
    odd.set(register, value, writable);
    machine.attach(odd);
    assertThat(odd.closed).as("it cannot be used").isNotNull();
  }

  private void requestTranslation(boolean privileged, boolean execute) {
    device()
        .send(
            out -> {
              TlpWriter.pasidPrefix(out, PASID, privileged, execute);
              TlpWriter.translationRequest(out, ID, 1, VA, 1, false);
            });
  }

  private void without(int control, Consumer<ScriptedDevice> then) {
    ScriptedDevice device = device();
    machine.configWrite(ID, control, 2, 0);
    then.accept(device);
  }

  /** Without a default: a row more does not compile until it is seen broken. */
  private void breakRule(ProtocolRule rule) {
    switch (rule) {
      case BUS_MASTER -> without(0x04, device -> device.read(1, PASID, VA, 8));
      case TRANSLATION_REQUEST ->
          without(ATS_CONTROL, device -> device.requestTranslation(1, PASID, VA, 1, false));
      case TRANSLATED_REQUEST ->
          without(ATS_CONTROL, device -> device.readTranslated(2, MinimalGuest.RAM, 8));
      case PASID -> without(PASID_CONTROL, device -> device.read(1, PASID, VA, 8));
      case PASID_WIDTH -> pasidBeyondWidth();
      case PASID_TRANSLATED ->
          device().write(PASID, TlpWriter.TRANSLATED, MinimalGuest.RAM, new byte[] {9});
      case EXECUTE -> requestTranslation(false, true);
      case PRIVILEGED -> requestTranslation(true, false);
      case PAGE_REQUEST -> requestPage(device());
      case ATOMIC -> without(ScriptedDevice.EXPRESS + 0x28, this::fetchAndAdd);
      case REQUESTER_ID -> device().send(out -> TlpWriter.memoryRead(out, 0, 0x28, 1, VA, 4));
      case ADDRESS_TYPE -> device().write(PASID, 3 << 10, VA, new byte[] {9});
      case PAGE_REQUEST_ALLOCATION -> pagesBeyondAllocation();
      case COMPLETION_TAG -> complete(77, 0);
      case COMPLETION_FIT -> completeWithoutData();
      case INVALIDATE_COMPLETION -> device().completeInvalidations(1, 0);
      case INVALIDATE_TAG -> device().completeInvalidations(1, 1 << 9);
      case INVALIDATE_COUNT -> changeTheCount();
      case INVALIDATE_TIME -> answerNoInvalidation();
      case VENDOR_ID -> train(0, -1, 0);
      case TRAINING_ANSWER -> refuseToBeTrained();
      case BAR_SIZE -> train(0x10, 0, 0x0f0f_0000);
      case EXTENDED_CAPABILITY -> train(ScriptedDevice.PASID, 0xff4 << 20 | 0x1_001b, 0);
      case MALFORMED -> device().send(out -> out.writeInt(0x2000_0001).writeInt(0).writeLong(0));
      case NOT_READING -> readNothing();
      case REPORT -> reportWrongly();
    }
    machine.run();
  }

  private void pasidBeyondWidth() {
    ScriptedDevice narrow = new ScriptedDevice(ID, 0);
    narrow.set(ScriptedDevice.PASID + 4, 2 << 8, 1 << 16);
    machine.master(narrow).read(2, 4, VA, 8);
  }

  private void requestPage(ScriptedDevice device) {
    device.requestPage(PASID, VA, 1, PageRequestFlags.READ | PageRequestFlags.LAST);
  }

  private void fetchAndAdd(ScriptedDevice device) {
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, false);
          out.writeInt(FETCH_ADD).writeInt(ID << 16).writeLong(VA).writeInt(0);
        });
  }

  private void pagesBeyondAllocation() {
    ScriptedDevice device = device();
    machine.configWrite(ID, ScriptedDevice.PRI + 0xc, 4, 1);
    machine.configWrite(ID, ScriptedDevice.PRI + 4, 2, 1);
    requestPage(device);
    requestPage(device);
  }

  private void complete(int tag, int status) {
    ScriptedDevice device = device();
    device.send(out -> TlpWriter.completion(out, ID, TlpWriter.transaction(0, tag), status, 4));
  }

  /** A read that was successful has data. */
  private void completeWithoutData() {
    ScriptedDevice device = device();
    device.silent = true;
    machine.root.configRead(ID, 0, 4, value -> {});
    machine.run();
    long transaction = TlpWriter.transaction(0, device.unansweredTag());
    device.send(out -> TlpWriter.completion(out, ID, transaction, 0, 4));
  }

  private void changeTheCount() {
    ScriptedDevice device = device();
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    int tag = device.take().tag();
    device.completeInvalidations(3, 1 << tag);
    device.completeInvalidations(2, 1 << tag);
  }

  private void answerNoInvalidation() {
    device();
    guest.invalidate(ID, PASID, VA, 0);
    machine.advance(machine.config.invalidationTimeoutNanos());
  }

  private void refuseToBeTrained() {
    ScriptedDevice device = new ScriptedDevice(ID, 0);
    device.silent = true;
    machine.attach(device);
    long transaction = TlpWriter.transaction(0, device.unansweredTag());
    device.send(out -> TlpWriter.completion(out, ID, transaction, 1, 4));
  }

  /** A device whose own loop stands still from some moment on. */
  private void readNothing() {
    ManualLoop stuck = new ManualLoop();
    ScriptedDevice device = new ScriptedDevice(ID, 0);
    LinkLimits limits = new LinkLimits(machine.config.helloTimeoutNanos(), 1000);
    InProcessWire.join(machine.root.newPort(), machine.loop, device, stuck, limits);
    for (int turn = 0; turn < 1000 && machine.hotplug.read(HotplugBlock.EVENT) == 0; turn++) {
      machine.run();
      stuck.run();
    }
    for (int i = 0; i < 100; i++) {
      machine.root.configRead(ID, 0, 4, value -> {});
    }
  }

  private void reportWrongly() {
    ScriptedDevice device = device();
    long[] counters = new long[DeviceCounter.SLOTS];
    counters[DeviceCounter.TRANSLATION_REQUESTS.statsSlot()] = 2;
    device.link().sendStats(counters);
    device.link().sendControl(ControlCode.DETACH);
    device.link().flush();
  }

  @ParameterizedTest
  @EnumSource
  void isBrokenByADeviceAndCountedAlone(ProtocolRule rule) {
    breakRule(rule);
    RootComplexCounters counters = machine.root.counters();
    assertThat(counters.rulesBroken())
        .isEqualTo(Counts.of(ProtocolRule.class, other -> other == rule ? 1 : 0));
    assertThat(counters.protocolViolations()).isEqualTo(1);
    assertThat(machine.violations.violations())
        .filteredOn(violation -> violation.kind() == Violation.Kind.PROTOCOL)
        .singleElement()
        .satisfies(violation -> assertThat(violation.device()).isEqualTo("00:04.0"))
        .satisfies(
            violation ->
                assertThat(violation.packet().get(PacketField.TYPE)).isEqualTo(packet(rule)));
  }

  /** What type of packet breaks a rule; null if it is none, or one that ends the link. */
  private static @Nullable String packet(ProtocolRule rule) {
    return switch (rule) {
      case BUS_MASTER, TRANSLATED_REQUEST, PASID, PASID_WIDTH -> "memory read";
      case PASID_TRANSLATED, ADDRESS_TYPE -> "memory write";
      case TRANSLATION_REQUEST, EXECUTE, PRIVILEGED -> "translation request";
      case PAGE_REQUEST, PAGE_REQUEST_ALLOCATION -> "page request";
      case ATOMIC -> "fetch add";
      case COMPLETION_TAG, COMPLETION_FIT -> "completion";
      case INVALIDATE_COMPLETION, INVALIDATE_TAG, INVALIDATE_COUNT -> "invalidate completion";
      case REQUESTER_ID,
          INVALIDATE_TIME,
          VENDOR_ID,
          TRAINING_ANSWER,
          BAR_SIZE,
          EXTENDED_CAPABILITY,
          MALFORMED,
          NOT_READING,
          REPORT ->
          null;
    };
  }

  @Test
  void eachRuleHasASentenceOfItsOwnAndASource() {
    assertThat(ProtocolRule.values()).extracting(ProtocolRule::sentence).doesNotHaveDuplicates();
    for (ProtocolRule rule : ProtocolRule.values()) {
      assertThat(rule.sentence()).isNotBlank().doesNotEndWith(".");
      assertThat(rule.source()).matches("Base Specification \\d+(\\.\\d+)+|wire protocol \\S+");
      assertThat(rule).hasToString(rule.sentence() + " (" + rule.source() + ")");
    }
  }
}
