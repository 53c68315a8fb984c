package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.wire.ErrorCode;

/** What people read when devices come and go and peers are turned away. */
class AttachNewsTest {
  private static final int ID = 0x20;
  private static final String DEVICE = "device 00:04.0 (device, model script) ";

  private final TestMachine machine = new TestMachine();
  private final List<String> lines = new ArrayList<>();

  @BeforeEach
  void listen() {
    machine.root.tellNews(lines::add);
  }

  @Test
  void aDeviceIsAttachedAndLeaves() {
    ScriptedDevice device = machine.attach(ID);
    assertThat(lines).containsExactly(DEVICE + "is attached");
    device.link().detach();
    machine.run();
    assertThat(lines).containsExactly(DEVICE + "is attached", DEVICE + "has left: detached");
  }

  @Test
  void aDeviceWhoseLinkIsLostHasLeftToo() {
    ScriptedDevice device = machine.attach(ID);
    device.link().close(ErrorCode.SHUTDOWN, "no power");
    machine.run();
    assertThat(lines)
        .containsExactly(
            DEVICE + "is attached", DEVICE + "has left: the peer closed the link: no power");
    assertThat(machine.root.counters().links().of(LinkCounter.LOST)).isEqualTo(1);
  }

  @Test
  void whoeverIsTurnedAwayHasALineWithTheReason() {
    machine.attach(0x21);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).contains(" is refused: ").contains("slots are 00:01.0 to 00:1f.0");
    assertThat(machine.root.counters().links().of(LinkCounter.REFUSED)).isEqualTo(1);
  }

  /** Those of the last moments have no other peer after them that would bring out their number. */
  @Test
  void allThatWereTurnedAwayAreAccountedForWhenTheMachineStops() {
    for (int i = 0; i < 20; i++) {
      machine.attach(0x21);
    }
    machine.root.shutdown();
    Pattern others = Pattern.compile("([0-9,]+) more like it: peers that were refused");
    int told = 0;
    for (String line : lines) {
      Matcher more = others.matcher(line);
      told += more.matches() ? Integer.parseInt(more.group(1)) : 1;
    }
    assertThat(told).as("%s", lines).isEqualTo(20);
  }
}
