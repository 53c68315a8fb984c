package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;

/** What a device says that it dropped: in its place, out of place, and with numbers of its own. */
class ToldDroppedTest extends FunctionScene {
  private final Recorder recorder = new Recorder();
  private final List<String> told = new ArrayList<>();

  ToldDroppedTest() {
    recorder.addReader(
        new EventReader() {
          @Override
          public Detail detail() {
            return Detail.COMMANDS;
          }

          @Override
          public void event(RecordedEvent event) {
            if (event.kind() == EventKind.ENTRIES_DROPPED) {
              told.add(event.value(0) + " of " + Long.toHexString(event.value(1)));
            }
          }
        });
    machine.root.recordTo(recorder);
    grantOnePage();
  }

  private List<String> told() {
    machine.run();
    recorder.deliver();
    return told;
  }

  /** The device has an Invalidate Request, by its tag. */
  private int invalidate() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    return device.take().tag();
  }

  private long broken(ProtocolRule rule) {
    return machine.root.counters().rulesBroken().of(rule);
  }

  @Test
  void tellsOfTheRequestThatIsOutstanding() {
    int tag = invalidate();
    device.tellDropped(tag, 1, VA);
    device.completeInvalidations(1, 1 << tag);
    assertThat(told()).containsExactly("1 of " + Long.toHexString(VA));
    assertThat(machine.violations.violations()).isEmpty();
  }

  /** It says nothing about any request; the link and the invalidation go on. */
  @Test
  void aTagThatIsNotInUseIsTheDevicesMistakeAndNothingElse() {
    device.tellDropped(7, 2, VA);
    assertThat(told()).isEmpty();
    assertThat(broken(ProtocolRule.REPORT)).isEqualTo(1);
    assertThat(machine.violations.violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.kind()).isEqualTo(Violation.Kind.PROTOCOL);
              assertThat(violation.device()).isEqualTo("00:04.0");
              assertThat(violation.text())
                  .isEqualTo("tells what it dropped for ITag 7, which is not in use");
            });
    int tag = invalidate();
    device.completeInvalidations(1, 1 << tag);
    machine.run();
    device.tellDropped(tag, 1, VA);
    assertThat(told()).as("its request is over").isEmpty();
    assertThat(broken(ProtocolRule.REPORT)).isEqualTo(2);
    assertThat(machine.device("00:04.0").count(FunctionCounter.INVALIDATIONS_COMPLETED))
        .isEqualTo(1);
    assertThat(guest.commandError()).isZero();
  }

  @Test
  void aTagBeyondAllTagsIsOneToo() {
    device.tellDropped(255, 0);
    assertThat(told()).isEmpty();
    assertThat(broken(ProtocolRule.REPORT)).isEqualTo(1);
  }
}
