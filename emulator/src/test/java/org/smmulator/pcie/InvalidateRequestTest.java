package org.smmulator.pcie;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_COMPLETED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_SENT;
import static org.smmulator.pcie.TestMachine.MILLI;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.command.CommandField;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.pcie.ledger.Violation;

/** ATC invalidations from the command queue to the device and back, or not back. */
class InvalidateRequestTest extends FunctionScene {
  InvalidateRequestTest() {
    grantOnePage();
  }

  private List<Integer> tags() {
    List<Integer> tags = new ArrayList<>();
    for (ReceivedPacket packet : device.takeAll()) {
      assertThat(packet.messageCode()).isEqualTo(MessageCode.INVALIDATE_REQUEST);
      tags.add(packet.tag());
    }
    return tags;
  }

  @Test
  void completesASyncOnlyAfterTheDeviceHasAnswered() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    assertThat(guest.isIdle()).isFalse();
    ReceivedPacket request = device.take();
    assertThat(request.messageCode()).isEqualTo(MessageCode.INVALIDATE_REQUEST);
    assertThat(request.pasid()).isEqualTo(PASID);
    assertThat(request.dw2()).isEqualTo(0x0020_0000);
    assertThat(request.payload()).isEqualTo("00007f0012345000");
    assertThat(machine.ledger.live()).isEqualTo(1);
    machine.advance(3 * MILLI);
    device.completeInvalidations(1, 1 << request.tag());
    machine.run();
    assertThat(guest.isIdle()).isTrue();
    assertThat(machine.ledger.live()).isZero();
    DeviceCounters counters = machine.device("00:04.0");
    assertThat(counters.count(INVALIDATIONS_COMPLETED)).isEqualTo(1);
    assertThat(requireNonNull(counters.latency(LatencyHistogram.INVALIDATION)).p50())
        .isBetween(3 * MILLI, 4 * MILLI);
    assertThat(requireNonNull(counters.latency(LatencyHistogram.INVALIDATION)).sumNanos())
        .isEqualTo(3 * MILLI);
  }

  @Test
  void sendsTheWholeAddressSpaceAsOneRequest() {
    guest.invalidate(ID, -1, 0, CommandField.SIZE_ALL);
    machine.run();
    ReceivedPacket request = device.take();
    assertThat(request.pasid()).isEqualTo(-1);
    assertThat(request.payload()).isEqualTo("7ffffffffffff800");
    device.completeInvalidations(1, 1 << request.tag());
    machine.run();
    assertThat(machine.ledger.live()).isZero();
  }

  @Test
  void keepsAGrantThatFollowedTheRequest() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    int tag = device.take().tag();
    grantOnePage();
    device.completeInvalidations(1, 1 << tag);
    machine.run();
    assertThat(machine.ledger.live()).isEqualTo(1);
    assertThat(machine.ledger.revoked()).isZero();
  }

  @Test
  void waitsForAsManyCompletionsAsTheyAnnounce() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    int tag = device.take().tag();
    device.completeInvalidations(3, 1 << tag);
    device.completeInvalidations(3, 1 << tag);
    machine.run();
    assertThat(guest.isIdle()).isFalse();
    device.completeInvalidations(3, 1 << tag);
    machine.run();
    assertThat(guest.isIdle()).isTrue();
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void takesOneMessageForSeveralTags() {
    for (int i = 0; i < 5; i++) {
      guest.invalidate(ID, PASID, VA + i * 0x1000L, 0);
      machine.run();
      device.completeInvalidations(1, 1 << device.take().tag());
      machine.run();
    }
    for (int i = 0; i < 3; i++) {
      guest.atcInvalidation(ID, PASID, VA + i * 0x1000L, 0);
    }
    machine.run();
    int all = tags().stream().mapToInt(tag -> 1 << tag).reduce(0, (a, b) -> a | b);
    assertThat(Integer.bitCount(all)).isEqualTo(3);
    device.completeInvalidations(1, all);
    machine.run();
    assertThat(machine.device("00:04.0").count(INVALIDATIONS_COMPLETED)).isEqualTo(8);
  }

  @Test
  void neverHasMoreOutstandingThanTheDeviceCanHold() {
    ScriptedDevice shallow = machine.attach(new ScriptedDevice(0x28, 4));
    for (int i = 0; i < 10; i++) {
      guest.atcInvalidation(0x28, PASID, VA + i * 0x1000L, 0);
    }
    machine.run();
    List<String> payloads = new ArrayList<>();
    int answered = 0;
    while (!shallow.received.isEmpty()) {
      assertThat(shallow.received.size() + 0).isLessThanOrEqualTo(4);
      ReceivedPacket oldest = shallow.received.remove(0);
      payloads.add(oldest.payload());
      shallow.completeInvalidations(1, 1 << oldest.tag());
      machine.run();
      answered++;
    }
    assertThat(answered).isEqualTo(10);
    for (int i = 0; i < 10; i++) {
      assertThat(payloads.get(i)).isEqualTo(String.format("%016x", VA + i * 0x1000L));
    }
  }

  @Test
  void usesAllTagsAtOnceAndNoneTwice() {
    for (int i = 0; i < 40; i++) {
      guest.atcInvalidation(ID, PASID, VA, 0);
    }
    machine.run();
    List<Integer> tags = tags();
    assertThat(tags).hasSize(32).doesNotHaveDuplicates();
    device.completeInvalidations(1, 1 << 7);
    machine.run();
    assertThat(tags()).containsExactly(7);
  }

  @Test
  void recordsACompletionForATagThatIsNotInUse() {
    device.completeInvalidations(1, 1 << 9 | 1 << 30);
    device.completeInvalidations(1, 0);
    device.send(out -> TlpWriter.invalidateCompletion(out, 0, device.id(), 0x28, 1, 1));
    machine.run();
    assertThat(machine.violationTexts())
        .containsExactly(
            "Invalidate Completion for ITag 9, which is not in use",
            "Invalidate Completion for ITag 30, which is not in use",
            "Invalidate Completion for another function, or without an ITag",
            "Invalidate Completion for another function, or without an ITag");
    assertThat(device.closed).isNull();
  }

  @Test
  void recordsACompletionCountThatChanges() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    int tag = device.take().tag();
    device.completeInvalidations(3, 1 << tag);
    device.completeInvalidations(2, 1 << tag);
    machine.run();
    assertThat(machine.violationTexts())
        .containsExactly("Completion Count changed between completions of ITag " + tag);
  }

  @Test
  void losesTheInvalidationThatSabotageNames() {
    Injection loss = new Injection(Injection.Kind.DROP, 0);
    assertThat(machine.root.invalidateRequests().plan(InjectionPoint.ANY, 2, loss)).isTrue();
    for (int i = 0; i < 3; i++) {
      guest.atcInvalidation(ID, PASID, VA + i * 0x1000L, 0);
    }
    machine.run();
    assertThat(device.received)
        .extracting(ReceivedPacket::payload)
        .containsExactly(String.format("%016x", VA), String.format("%016x", VA + 0x2000L));
    tags().forEach(tag -> device.completeInvalidations(1, 1 << tag));
    machine.advance(1000 * MILLI);
    assertThat(machine.device("00:04.0").count(INVALIDATIONS_SENT)).isEqualTo(3);
    assertThat(machine.violations.violations())
        .singleElement()
        .satisfies(violation -> assertThat(violation.address()).isEqualTo(VA + 0x1000));
  }

  @Test
  void reportsAFrameThatWasFreedWithoutAnInvalidation() {
    machine.ledger.freed(frame, 0);
    machine.run();
    assertThat(machine.violations.violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.kind()).isEqualTo(Violation.Kind.FREED_UNDER_GRANT);
              assertThat(violation.device()).isEqualTo("00:04.0");
              assertThat(violation.pasid()).isEqualTo(PASID);
              assertThat(violation.address()).isEqualTo(VA);
              assertThat(violation.frame()).isEqualTo(frame);
            });
  }

  /** A completion that is late counts when it is let go, and not at all if its device is gone. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCompletionIsHeldBackForAsLongAsItIsSaid(boolean pulledOut) {
    Injection late = new Injection(Injection.Kind.DELAY, 2 * MILLI);
    machine.root.invalidateCompletions().plan(InjectionPoint.ANY, 1, late);
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    device.completeInvalidations(1, 1 << device.take().tag());
    machine.advance(MILLI);
    assertThat(guest.isIdle()).isFalse();
    if (pulledOut) {
      machine.root.unplug(ID, "pulled out");
    }
    machine.advance(2 * MILLI);
    assertThat(machine.violations.violations()).isEmpty();
    assertThat(machine.device("00:04.0").count(INVALIDATIONS_COMPLETED))
        .isEqualTo(pulledOut ? 0 : 1);
  }

  @Test
  void faultsThatWaitForTheirsAreBounded() {
    InjectionPoint point = machine.root.invalidateRequests();
    Injection loss = new Injection(Injection.Kind.DROP, 0);
    for (int i = 0; i < InjectionPoint.MOST; i++) {
      assertThat(point.plan(ID, 1 + i, loss)).isTrue();
    }
    assertThat(point.plan(ID, 1, loss)).isFalse();
    assertThat(point.pass(ID + 1)).as("of another device").isNull();
    assertThat(point.pass(ID)).isEqualTo(loss);
    assertThat(point.plan(ID, 1, loss)).isTrue();
  }
}
