package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.smmulator.pcie.TestMachine.MILLI;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.InProcessWire;
import org.smmulator.bus.wire.Link;
import org.smmulator.bus.wire.LinkEnd;
import org.smmulator.bus.wire.LinkHandler;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.smmu.feature.SmmuFeatures;

/** From the hello to the good-bye. */
class LinkAttachTest {
  private static final int ID = 0x20;
  private static final long PRESENT = 0xC000_0000L;
  private static final long GONE = 0x8000_0000L;

  private final TestMachine machine = new TestMachine();

  private long nextEvent() {
    long event = machine.hotplug.read(HotplugBlock.EVENT);
    machine.hotplug.write(HotplugBlock.ACK, 1);
    return event;
  }

  @Test
  void trainsADeviceAndThenAnnouncesItToSoftware() {
    ScriptedDevice device = machine.attach(ID);
    assertThat(device.id()).isEqualTo(ID);
    assertThat(nextEvent()).isEqualTo(PRESENT | ID);
    assertThat(nextEvent()).isZero();
    assertThat(machine.configRead(ID, 0x00, 4)).isEqualTo(0x0001_534dL);
    assertThat(machine.configRead(ID, 0x02, 2)).isEqualTo(0x0001L);
    assertThat(machine.configRead(ID, 0x0b, 1)).isEqualTo(0x08L);
    assertThat(device.config[0x10 / 4]).isEqualTo(0b100);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void assignsTheFirstFreeSlot() {
    assertThat(machine.attach(0x08).id()).isEqualTo(0x08);
    assertThat(machine.attach(Hello.ASSIGN).id()).isEqualTo(0x10);
  }

  @Test
  void countsTheViolationsOfEachDeviceAlsoInASlotThatHadAnother() {
    ScriptedDevice first = machine.master(ID);
    ScriptedDevice other = machine.master(0x28);
    first.completeInvalidations(1, 1 << 9 | 1 << 10);
    machine.run();
    assertThat(machine.device("00:04.0").count(FunctionCounter.VIOLATIONS)).isEqualTo(2);
    assertThat(machine.device("00:05.0").count(FunctionCounter.VIOLATIONS)).isZero();
    first.link().detach();
    machine.run();
    ScriptedDevice second = machine.master(ID);
    second.completeInvalidations(1, 1 << 9);
    machine.run();
    assertThat(machine.root.counters().devices())
        .extracting(DeviceCounters::id, d -> d.count(FunctionCounter.VIOLATIONS))
        .containsExactly(tuple("00:04.0", 1L), tuple("00:05.0", 0L), tuple("00:04.0", 2L));
    assertThat(other.closed).isNull();
  }

  /** What the SMMU would stall, the root complex could not hold back. */
  @Test
  void refusesASlotWhoseStreamIsOutsideOfPcie() {
    SmmuFeatures features =
        SmmuFeatures.defaults()
            .change(f -> f.streamIdBits(17).platformStreams(Set.of(0x08, ID, 0x1_0028)));
    TestMachine stalling =
        new TestMachine(RootComplexConfig.defaults(), GrantLedger.DEFAULT_LIMIT, features);
    ScriptedDevice refused = stalling.attach(ID);
    assertThat(refused.errorCode).isEqualTo(ErrorCode.NO_SLOT);
    assertThat(refused.error)
        .isEqualTo(
            "00:04.0 is StreamID 0x20, which smmu.platformStreams puts outside of PCIe; use another"
                + " slot, or remove it there: a function that is to stall has devices[].stall");
    assertThat(stalling.attach(0x28).id()).isEqualTo(0x28);
    assertThat(stalling.attach(Hello.ASSIGN).id()).as("the first that may be").isEqualTo(0x10);
    for (int i = 0; i < 27; i++) {
      stalling.attach(Hello.ASSIGN);
    }
    assertThat(stalling.attach(Hello.ASSIGN).error)
        .isEqualTo("all slots are taken, but for those whose StreamIDs may stall");
  }

  /** A peer that waits for its time-out takes memory meanwhile. */
  @Test
  void takesOnlySoManyPeersThatSayNothing() {
    List<SilentPeer> peers = new ArrayList<>();
    for (int i = 0; i < machine.config.maxDevices() + 65; i++) {
      SilentPeer peer = new SilentPeer();
      InProcessWire.join(
          machine.root.newPort(), machine.loop, peer, machine.loop, machine.config.linkLimits());
      peers.add(peer);
    }
    machine.run();
    assertThat(peers.stream().filter(peer -> peer.closed != null))
        .containsExactly(peers.get(peers.size() - 1));
    assertThat(peers.get(peers.size() - 1).closed)
        .isEqualTo("the peer closed the link: too many peers are connected; try again later");
    assertThat(machine.root.counters().links().of(LinkCounter.REFUSED)).isEqualTo(1);
    machine.advance(machine.config.helloTimeoutNanos());
    assertThat(machine.attach(ID).id()).isEqualTo(ID);
  }

  private static final class SilentPeer implements LinkHandler {
    private @Nullable String closed;

    @Override
    public void connected(Link link) {}

    @Override
    public void tlp(Tlp tlp) {}

    @Override
    public void closed(LinkEnd end) {
      closed = end.text();
    }
  }

  @Test
  void refusesATakenIdAndSaysWhy() {
    ScriptedDevice first = machine.attach(ID);
    ScriptedDevice second = machine.attach(ID);
    assertThat(second.errorCode).isEqualTo(ErrorCode.ID_TAKEN);
    assertThat(second.error).isEqualTo("another device has the ID 00:04.0");
    assertThat(second.closed).isNotNull();
    assertThat(first.closed).isNull();
    assertThat(machine.root.counters().links().of(LinkCounter.REFUSED)).isEqualTo(1);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void refusesAnIdThatIsNoSlot() {
    for (int wanted : new int[] {0x00, 0x21, 0x100, 0xffff}) {
      ScriptedDevice device = machine.attach(wanted);
      assertThat(device.errorCode).isEqualTo(ErrorCode.NO_SLOT);
      assertThat(device.error).contains("slots are 00:01.0 to 00:1f.0");
    }
  }

  @Test
  void refusesADeviceWhenAllPlacesAreTaken() {
    TestMachine small =
        new TestMachine(new RootComplexConfig(MILLI, MILLI, MILLI, MILLI, 2, 1, 16));
    small.attach(Hello.ASSIGN);
    small.attach(Hello.ASSIGN);
    assertThat(small.attach(Hello.ASSIGN).error).isEqualTo("all 2 places for devices are taken");
    assertThat(small.attach(ID).errorCode).isEqualTo(ErrorCode.NO_SLOT);
  }

  @Test
  void refusesAnotherVersionOfTheProtocol() {
    Hello future = new Hello(2, 0, ID, "script", "device", 4352, 4096, 4096, 10);
    ScriptedDevice device = machine.attach(new ScriptedDevice(future, 0));
    assertThat(device.errorCode).isEqualTo(ErrorCode.VERSION);
    assertThat(machine.root.counters().devices()).isEmpty();
  }

  @Test
  void closesTheLinkOfADeviceThatDoesNotAnswerInTraining() {
    ScriptedDevice device = new ScriptedDevice(ID, 0);
    device.silent = true;
    machine.attach(device);
    assertThat(machine.configRead(ID, 0, 4)).isEqualTo(0xFFFF_FFFFL);
    machine.advance(59_999 * MILLI);
    assertThat(device.closed).as("a busy computer is no broken device").isNull();
    machine.advance(MILLI);
    assertThat(device.errorCode).isEqualTo(ErrorCode.NOT_TRAINED);
    assertThat(device.error)
        .isEqualTo(
            "no answer to a configuration read of 0x000: not trained within 60000 ms;"
                + " bus.trainingTimeoutMillis allows more");
    assertThat(machine.violationTexts()).isEmpty();
    assertThat(nextEvent()).isZero();
    assertThat(machine.attach(ID).closed).isNull();
  }

  @Test
  void trainsADeviceThatTakesItsTimeWithEachAnswer() {
    ScriptedDevice device = new ScriptedDevice(ID, 0);
    device.silent = true;
    machine.attach(device);
    machine.advance(30_000 * MILLI);
    device.silent = false;
    int id = 0;
    device.send(
        out ->
            out.writeInt(0x4a00_0001)
                .writeInt(ID << 16 | 4)
                .writeInt(id << 16)
                .writeIntLE(device.config[0]));
    machine.run();
    assertThat(nextEvent()).isEqualTo(PRESENT | ID);
    assertThat(machine.violationTexts()).isEmpty();
  }

  @Test
  void asksAgainWhenTheFunctionIsNotReadyForAConfigurationRequest() {
    ScriptedDevice device = new ScriptedDevice(ID, 0);
    device.retries = 100;
    machine.attach(device);
    machine.advance(99 * MILLI);
    assertThat(nextEvent()).as("the hundredth answer still is 'retry'").isZero();
    machine.advance(MILLI);
    assertThat(nextEvent()).isEqualTo(PRESENT | ID);
    device.retries = 3;
    List<Long> values = new ArrayList<>();
    machine.root.configRead(ID, 0, 4, values::add);
    machine.advance(3 * MILLI);
    assertThat(values).containsExactly(0x0001_534dL);
    assertThat(machine.violationTexts()).isEmpty();
  }

  @Test
  void endsTrainingWhateverTheCapabilitiesAre() {
    ScriptedDevice loop = new ScriptedDevice(0x08, 0);
    loop.set(0x40, 0x4000 | 0x01, 0);
    loop.set(ScriptedDevice.ATS, 0x1000_0000 | 0x1_000f, 0);
    machine.attach(loop);
    assertThat(nextEvent()).isEqualTo(PRESENT | 0x08);
    ScriptedDevice outside = new ScriptedDevice(0x10, 0);
    outside.set(ScriptedDevice.ATS, 0xffc << 20 | 0x1_000f, 0);
    outside.set(0xffc, 0x1_0013, 0);
    machine.attach(outside);
    assertThat(outside.error).contains("end of configuration space");
    ScriptedDevice odd = new ScriptedDevice(0x18, 0);
    odd.set(0x10, 0b100, 0x5555_0000);
    machine.attach(odd);
    assertThat(odd.error).contains("no size that is a power of two");
  }

  @Test
  void failsReadsAndTellsSoftwareWhenTheLinkIsLost() {
    ScriptedDevice device = machine.attach(ID);
    nextEvent();
    device.silent = true;
    List<Long> values = new ArrayList<>();
    machine.root.configRead(ID, 0, 4, values::add);
    machine.run();
    device.link().close(ErrorCode.INTERNAL, "the device gives up");
    machine.run();
    assertThat(values).containsExactly(0xFFFF_FFFFL);
    assertThat(nextEvent()).isEqualTo(GONE | ID);
    assertThat(machine.root.counters().links().of(LinkCounter.LOST)).isEqualTo(1);
    assertThat(machine.configRead(ID, 0, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(machine.attach(ID).closed).isNull();
    assertThat(machine.root.counters().devices()).hasSize(2);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void countsADetachApartFromALoss() {
    ScriptedDevice device = machine.attach(ID);
    nextEvent();
    device.link().detach();
    machine.run();
    assertThat(nextEvent()).isEqualTo(GONE | ID);
    RootComplexCounters counters = machine.root.counters();
    assertThat(counters.links().of(LinkCounter.DETACHED)).isEqualTo(1);
    assertThat(counters.links().of(LinkCounter.LOST)).isZero();
    assertThat(counters.devices().get(0).attached()).isFalse();
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void comparesWhatTheDeviceCountedWhenItLeaves() {
    ScriptedDevice device = machine.master(ID);
    machine.guest.translatingStream(ID);
    device.requestTranslation(1, 3, 0x1000, 1, false);
    machine.run();
    long[] counters = new long[DeviceCounter.SLOTS];
    counters[DeviceCounter.TRANSLATION_REQUESTS.statsSlot()] = 2;
    counters[DeviceCounter.INVALIDATION_REQUESTS.statsSlot()] = 1;
    device.link().sendStats(counters);
    device.link().sendControl(ControlCode.DETACH);
    device.link().flush();
    machine.run();
    assertThat(machine.violationTexts())
        .containsExactly(
            "reports TRANSLATION_REQUESTS 2; 1 were received",
            "reports 1 invalidation requests; 0 were sent, 0 completed");
    assertThat(machine.device("00:04.0").reported(DeviceCounter.TRANSLATION_REQUESTS)).isEqualTo(2);
  }

  @Test
  void tellsEveryDeviceThatTheMachineStops() {
    ScriptedDevice first = machine.attach(0x08);
    ScriptedDevice second = machine.attach(0x10);
    machine.root.shutdown();
    machine.run();
    assertThat(first.errorCode).isEqualTo(ErrorCode.SHUTDOWN);
    assertThat(second.errorCode).isEqualTo(ErrorCode.SHUTDOWN);
    assertThat(machine.violations.violations()).isEmpty();
  }
}
