package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;

class ConfigFileTest {
  private static final String MACHINE = "machine: {name: x}\n";
  private static final String SHARED = "machine: {name: x, ramFile: ram}\n";

  @Test
  void fillsInDefaultsForEverythingButTheName() throws ConfigException {
    MachineConfig config = ConfigFile.parse("x.yaml", MACHINE);

    assertThat(config.machine()).isEqualTo(new BoardConfig("x", 1024, null, false));
    assertThat(config.smmu().tlbEntries()).isEqualTo(512);
    assertThat(config.bus().listen()).containsExactly("127.0.0.1:7701");
    assertThat(config.http().listen()).isEqualTo("127.0.0.1:9464");
    assertThat(config.guest().pasidPolicy()).isEqualTo(GuestConfig.PasidPolicy.CYCLIC);
    assertThat(config.devices()).isEmpty();
    assertThat(config.sabotage()).isEqualTo(new SabotageConfig(null, false, false, null));
    assertThat(config.scenario()).isNull();
  }

  @Test
  void theGuestIsBuiltInUnlessTheFileSaysOtherwise() throws ConfigException {
    GuestConfig builtIn = ConfigFile.parse("x.yaml", MACHINE).guest();
    GuestConfig external = ConfigFile.parse("x.yaml", MACHINE + "guest: external\n").guest();
    GuestConfig written = ConfigFile.parse("x.yaml", MACHINE + "guest: {kind: external}\n").guest();

    assertThat(builtIn.isExternal()).isFalse();
    assertThat(external.isExternal()).isTrue();
    assertThat(written).isEqualTo(external);
    assertThat(external.port()).isEqualTo(PortAddress.parse("tcp:127.0.0.1:7702,server=on"));
    assertThat(external.time()).isEqualTo(GuestConfig.Clock.VIRTUAL);
    assertThat(external.isAtPort()).isTrue();
    GuestConfig served =
        ConfigFile.parse(
                "x.yaml",
                SHARED
                    + "smmu: {without: [BTM]}\nguest: {kind: vfio-user, directory: "
                    + "v".repeat(93)
                    + "}\n")
            .guest();
    assertThat(served.isExternal()).isTrue();
    assertThat(served.isAtPort()).isFalse();
    assertThat(served.time()).isEqualTo(GuestConfig.Clock.WALL);
  }

  @Test
  void bindsDevicesAndStepsToRecords() throws ConfigException {
    MachineConfig config =
        ConfigFile.parse(
            "x.yaml",
            MACHINE
                + "http: {listen: null}\n"
                + "devices: [{id: '00:1F.0', model: dma, atc: 16x4, sabotage: keep-invalidated}]\n"
                + "scenario:\n  seed: 7\n  steps:\n"
                + "    - process: {name: alice, pages: 8}\n"
                + "    - mprotect: {process: alice, page: 2, pages: 3, prot: none}\n");

    assertThat(config.http().listen()).isNull();
    DeviceConfig device = config.devices().get(0);
    assertThat(device.id().requesterId()).isEqualTo(0xf8);
    assertThat(device.atc()).isEqualTo(new AtcGeometry(16, 4));
    assertThat(device.sabotage()).isEqualTo(DeviceConfig.DeviceSabotage.KEEP_INVALIDATED);
    assertThat(device.label()).isEqualTo("dma@00:1f.0");
    assertThat(Objects.requireNonNull(config.scenario()).steps())
        .containsExactly(
            new Step.StartProcess("alice", 8),
            new Step.Mprotect("alice", 2, 3, Step.Protection.NONE));
    assertThat(config.withSeed(9).scenario()).extracting(ScenarioConfig::seed).isEqualTo(9L);
  }

  @Test
  void everythingAboutAnSmmuCanBeSaid() throws ConfigException {
    SmmuFeatures features =
        ConfigFile.parse(
                "x.yaml",
                MACHINE
                    + "smmu:\n"
                    + "  architecture: 3.0\n"
                    + "  features: [S1P, GRAN64K, VAX52, TWO_LEVEL_STREAM_TABLE, MSI]\n"
                    + "  without: [MSI]\n"
                    + "  httu: access\n"
                    + "  stallModel: forced\n"
                    + "  stallMax: 7\n"
                    + "  breakBeforeMakeLevel: 0\n"
                    + "  platformStreams: [4294967295]\n"
                    + "  tlbEntries: infinite\n"
                    + "  configurationCacheEntries: 16\n"
                    + "  streamIdBits: 32\n"
                    + "  substreamIdBits: 0\n"
                    + "  outputAddressBits: 52\n")
            .smmu()
            .toFeatures();

    assertThat(features)
        .isEqualTo(
            new SmmuFeatures(
                Architecture.V3_0,
                Set.of(Feature.S1P, Feature.GRAN64K, Feature.VAX52, Feature.TWO_LEVEL_STREAM_TABLE),
                32,
                0,
                52,
                SmmuFeatures.Httu.ACCESS_FLAG,
                SmmuFeatures.StallModel.FORCED,
                7,
                0,
                Set.of(-1),
                Set.of(),
                new SmmuFeatures.Queues(8, 7, 8),
                new SmmuFeatures.Caches(SmmuFeatures.Caches.INFINITE, 4, 64, 16)));
  }

  @Test
  void numbersMayBeHexadecimal() throws ConfigException {
    MachineConfig config =
        ConfigFile.parse(
            "x.yaml",
            "machine: {name: x, ramMiB: 0x400}\n"
                + "smmu: {streamIdBits: 0x20, platformStreams: [0x10000, 0XffffFFFF, '0x7', 9],"
                + " tlbEntries: 0x40, outputAddressBits: 0x30, walkCacheEntries: 0x0}\n"
                + "guest: {kind: external, frameQuarantine: 0xa}\n"
                + "sabotage: {loseInvalidation: 0x3}\n");

    assertThat(config.machine().ramMiB()).isEqualTo(1024);
    assertThat(config.smmu().platformStreams()).containsExactly(0x10000L, 0xffffffffL, 7L, 9L);
    assertThat(config.smmu().tlbEntries()).isEqualTo(64);
    assertThat(config.smmu().outputAddressBits()).isEqualTo(48);
    assertThat(config.smmu().walkCacheEntries()).isZero();
    assertThat(config.guest().frameQuarantine()).isEqualTo(10);
    assertThat(config.sabotage().loseInvalidation()).isEqualTo(3);
  }

  /** A row each, as many as there are. */
  static Stream<Arguments> badInputs() {
    return Stream.of(
        arguments(
            MACHINE + "guest: extern\n",
            "x.yaml:2: guest.kind: 'extern' is not right; did you mean external?"),
        arguments(
            MACHINE + "guest: {kind: external, port: 'unix:/tmp/a,sever=on'}\n",
            "x.yaml:2: guest.port: guest port 'unix:/tmp/a,sever=on' has the unknown option"
                + " 'sever=on'; use unix:PATH or tcp:HOST:PORT, with ,server=on to listen there"),
        arguments(
            MACHINE + "guest: {kind: external, port: 'tcp:127.0.0.1:7701,server=on'}\n",
            "x.yaml:2: guest.port: 127.0.0.1:7701 overlaps bus.listen[0]; use another port or"
                + " path"),
        arguments(
            MACHINE + "guest: external\nscenario: {steps: [{process: {name: a, pages: 1}}]}\n",
            "x.yaml:3: scenario: an external guest has no processes to run it; remove it, or use"
                + " guest: built-in"),
        arguments(
            MACHINE + "smmu: {without: [BTM]}\nguest: {kind: vfio-user, directory: v}\n",
            "x.yaml:1: machine.ramFile: a guest over vfio-user has its RAM in a file that both map,"
                + " and DMA here would reach other memory; name one, as QEMU's memory-backend-file"
                + " with share=on does"),
        arguments(
            SHARED + "smmu: {without: [BTM]}\nguest: vfio-user\n",
            "x.yaml:3: guest.directory: vfio-user needs a folder for its sockets; name one"),
        arguments(
            SHARED + "guest: {kind: vfio-user, directory: v}\n",
            "x.yaml:1: smmu.without: over vfio-user nobody hears the TLB maintenance that a guest's"
                + " CPUs broadcast, and with BTM its kernel relies on that; add BTM"),
        arguments(
            SHARED
                + "smmu: {without: [BTM]}\n"
                + "guest: {kind: vfio-user, directory: v, clock: virtual}\n",
            "x.yaml:3: guest.clock: a guest over vfio-user has CPUs that run on real time, and says"
                + " nothing of it; use wall, or leave it out"),
        arguments(
            SHARED
                + "smmu: {without: [BTM]}\nguest: {kind: vfio-user, directory: "
                + "v".repeat(94)
                + "}\n",
            "x.yaml:3: guest.directory: the names of its sockets would have 107 bytes, and the"
                + " system takes 106; use a shorter one"),
        arguments(
            MACHINE + "smmu:\n  tlbEntries: 100\n",
            "x.yaml:3: smmu.tlbEntries: 100 is not a power of two; use 64 or 128"),
        arguments(
            MACHINE + "smmu: {tlbEntrys: 64}\n",
            "x.yaml:2: smmu.tlbEntrys: unknown key; did you mean tlbEntries?"),
        arguments(
            MACHINE + "http: {port: 64}\n", "x.yaml:2: http.port: unknown key; right are listen"),
        arguments(
            "machine:\n  ramMiB: 64\n",
            "x.yaml:1: machine.name: missing; add lower-case letters, digits and '-', such as"
                + " alice-2"),
        arguments(
            MACHINE + "smmu: {tlbWays: many}\n",
            "x.yaml:2: smmu.tlbWays: 'many' is not a whole number; use a power of two from 1 to 64"
                + " entries"),
        arguments(
            MACHINE + "bus: {maxDevices: 1.5}\n",
            "x.yaml:2: bus.maxDevices: 1.5 is not a whole number; use 1 to 7936 devices"),
        arguments(
            MACHINE + "bus: {helloTimeoutMillis: 0}\n",
            "x.yaml:2: bus.helloTimeoutMillis: 0 is out of range; use 1 to 600000 milliseconds"),
        arguments(
            MACHINE + "bus: {maxDevices: 99999999999999999999}\n",
            "x.yaml:2: bus.maxDevices: 99999999999999999999 is out of range; use 1 to 7936 devices"),
        arguments(
            MACHINE + "smmu: {outputAddressBits: 33}\n",
            "x.yaml:2: smmu.outputAddressBits: 33 is out of range; use 32, 36, 40, 42, 44, 48 or"
                + " 52 bits"),
        arguments(
            MACHINE + "smmu: {without: [pri]}\n",
            "x.yaml:2: smmu.without[0]: 'pri' is not right; did you mean PRI?"),
        arguments(
            MACHINE + "smmu: {features: [S1PP]}\n",
            "x.yaml:2: smmu.features[0]: 'S1PP' is not right; did you mean S1P?"),
        arguments(
            MACHINE + "smmu: {without: [PPS, ATS, SPLIT_ATS, ATSRECERR]}\n",
            "x.yaml:2: smmu: PRI needs ATS; add ATS or remove PRI"),
        arguments(
            MACHINE + "smmu: {architecture: 3.3}\n",
            "x.yaml:2: smmu.architecture: '3.3' is not right; use 3.0, 3.1 or 3.2"),
        arguments(
            MACHINE + "smmu: {architecture: 4.2}\n",
            "x.yaml:2: smmu.architecture: '4.2' is not right; use 3.0, 3.1 or 3.2"),
        arguments(
            MACHINE + "smmu: {without: [S3P]}\n",
            "x.yaml:2: smmu.without[0]: 'S3P' is not right; did you mean S1P or S2P?"),
        arguments(
            MACHINE + "bus: {maxDevices: ''}\n",
            "x.yaml:2: bus.maxDevices: '' is not a whole number; use 1 to 7936 devices"),
        arguments(
            MACHINE + "bus: {maxDevices: 0x2000}\n",
            "x.yaml:2: bus.maxDevices: 8192 is out of range; use 1 to 7936 devices"),
        arguments(
            MACHINE + "bus: {maxDevices: 0x}\n",
            "x.yaml:2: bus.maxDevices: '0x' is not a whole number; use 1 to 7936 devices"),
        arguments(
            MACHINE + "smmu: {walkCacheEntries: 3}\n",
            "x.yaml:2: smmu.walkCacheEntries: 3 is not a power of two; use 2 or 4"),
        arguments(
            MACHINE + "smmu: {walkCacheEntries: 65537}\n",
            "x.yaml:2: smmu.walkCacheEntries: 65537 is out of range; use 0 or a power of two from"
                + " 1 to 65536 entries"),
        arguments(
            "machine: 1\n",
            "x.yaml:1: machine: 1 is not a section; use the keys name (required), ramMiB,"
                + " ramFile and exposed"),
        arguments(
            "{}\n",
            "x.yaml:1: machine: missing; add the keys name (required), ramMiB, ramFile and"
                + " exposed"),
        arguments(
            MACHINE + "smmu: {stallModel: forced}\n",
            "x.yaml:2: smmu: a PCIe transaction must not stall, and ATS means PCIe; use stall model"
                + " configurable or terminate-only, or remove ATS"),
        arguments(
            MACHINE + "smmu: {without: [TWO_LEVEL_STREAM_TABLE]}\n",
            "x.yaml:2: smmu: StreamIDs of more than 6 bits need TWO_LEVEL_STREAM_TABLE; add it"),
        arguments(
            MACHINE + "smmu: {platformStreams: [4294967296]}\n",
            "x.yaml:2: smmu.platformStreams[0]: 4294967296 is out of range; use 0 to 4294967295"),
        arguments(
            MACHINE + "smmu: {tlbEntries: finite}\n",
            "x.yaml:2: smmu.tlbEntries: 'finite' is not a whole number; use a power of two from 2"
                + " to 1048576 entries or infinite"),
        arguments(
            MACHINE + "guest: {poison: yes}\n",
            "x.yaml:2: guest.poison: 'yes' is not a switch; use true or false"),
        arguments(
            MACHINE + "guest: {pasidPolicy: highest}\n",
            "x.yaml:2: guest.pasidPolicy: 'highest' is not right; use lowest or cyclic"),
        arguments(
            MACHINE + "bus: {listen: '127.0.0.1:1'}\n",
            "x.yaml:2: bus.listen: '127.0.0.1:1' is not a list; use [HOST:PORT (up to"
                + " 65535) or unix:PATH (up to 106 bytes)]"),
        arguments(
            MACHINE + "bus: {listen: ['127.0.0.1:65536']}\n",
            "x.yaml:2: bus.listen[0]: '127.0.0.1:65536' is not right; use HOST:PORT (up to 65535)"
                + " or unix:PATH (up to 106 bytes)"),
        arguments(
            MACHINE + "bus: {listen: []}\n",
            "x.yaml:2: bus.listen: the list is empty; use at least one: HOST:PORT (up to 65535) or"
                + " unix:PATH (up to 106 bytes)"),
        arguments(
            "machine: {name: 12}\n",
            "x.yaml:1: machine.name: 12 is not text; use lower-case letters, digits and '-', such"
                + " as alice-2, in quotes if need be"),
        arguments(MACHINE + "smmu:\n", "x.yaml:2: smmu: has no value; use " + smmuKeys()),
        arguments(
            MACHINE + "devices:\n  - {id: '4', model: dma}\n",
            "x.yaml:3: devices[0].id: '4' is not a PCI id; use BUS:DEVICE.FUNCTION in hexadecimal,"
                + " such as 00:04.0"),
        arguments(
            MACHINE + "devices:\n  - {id: '00:04.0', model: dma, atc: 3x4}\n",
            "x.yaml:3: devices[0].atc: 3 sets are not a power of two up to 65536; use 2 or 4"
                + " sets"),
        arguments(
            MACHINE + "devices:\n  - {id: '00:04.0', model: dma, atc: 4x65}\n",
            "x.yaml:3: devices[0].atc: 65 ways are out of range; use 1 to 64 ways"),
        arguments(
            MACHINE + "devices:\n  - id: '01:04.0'\n    model: dma\n",
            "x.yaml:3: devices[0].id: 01:04.0 is not a slot of the root bus; use function 0 of"
                + " 00:01 to 00:1f, such as 00:04.0"),
        arguments(
            MACHINE + "bus: {rootBuses: 2}\ndevices:\n  - {id: '02:04.0', model: dma}\n",
            "x.yaml:4: devices[0].id: 02:04.0 is not a slot of a root bus; use function 0 of devices"
                + " 01 to 1f, from 00:01 to 01:1f"),
        arguments(
            MACHINE + "bus: {rootBuses: 5}\nsmmu: {streamIdBits: 10}\n",
            "x.yaml:2: bus.rootBuses: functions of 5 buses have StreamIDs of 11 bits; use"
                + " smmu.streamIdBits 11 or more, or fewer buses"),
        arguments(
            MACHINE
                + "devices:\n  - {id: '00:04.0', model: dma}\n  - {id: '00:04.0', model: dma}\n",
            "x.yaml:4: devices[1].id: 00:04.0 is already the id of devices[0]; use another"),
        arguments(
            MACHINE
                + "smmu:\n  platformStreams: [64, 32]\n"
                + "devices:\n  - {id: '00:05.0', model: dma}\n  - {id: '00:04.0', model: dma}\n",
            "x.yaml:3: smmu.platformStreams[1]: 32 is the StreamID of devices[1] (00:04.0), which"
                + " is on PCIe; remove it, or use another slot; a function that is to stall has"
                + " devices[].stall"),
        arguments(
            "machine:\n  name: x\n  ramMiB: 262144\n",
            "x.yaml:3: machine.ramMiB: 262144 is out of range; use a power of two from 64 to 131072"
                + " MiB"),
        arguments(
            "machine: {name: x, ramMiB: 4096}\nsmmu:\n  outputAddressBits: 32\n",
            "x.yaml:3: smmu.outputAddressBits: 32 bits do not reach the end of 4096 MiB of RAM from"
                + " 0x40000000; use at least 33 bits, or less RAM"),
        arguments(
            MACHINE + "smmu: {tlbEntries: 2}\n",
            "x.yaml:2: smmu.tlbWays: 4 ways are more than the 2 entries of the TLB; use 2 or less"),
        arguments(
            "machine: {name: x, exposed: true}\nbus:\n  listen: ['0.0.0.0:9464']\n",
            "x.yaml:1: http.listen: 127.0.0.1:9464 overlaps bus.listen[0]; use another port or"
                + " path"),
        arguments(
            MACHINE + MACHINE, "x.yaml:2: machine: given twice, first in line 1; keep one of them"),
        arguments(
            MACHINE + "---\nsmmu: {}\n",
            "x.yaml:3: a second document starts here; one file describes one machine"),
        arguments(
            "machine: {name: x}\nsmmu: *m\n",
            "x.yaml:2: '*m' names nothing that is complete above; add '&m'"),
        arguments(
            "machine: {name: x\n",
            "x.yaml:1: not YAML: expected ',' or '}', but got <stream end>; correct the line"),
        arguments("", "x.yaml:1: the file is empty; it needs at least 'machine: {name: x}'"));
  }

  private static String smmuKeys() {
    return "the keys architecture, features, without, httu, stallModel, stallMax,"
        + " breakBeforeMakeLevel, platformStreams, tlbEntries, tlbWays, walkCacheEntries,"
        + " configurationCacheEntries, streamIdBits, substreamIdBits, commandQueueLog2,"
        + " eventQueueLog2, priQueueLog2, outputAddressBits and commandsPerTurn";
  }

  @ParameterizedTest
  @MethodSource("badInputs")
  void saysWhatIsWrongWhereAndWhatWouldBeRight(String yaml, String sentence) {
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessage(sentence);
  }

  @Test
  void theLargestRamEndsBelowTheConfigurationSpaceOfPcie() {
    assertThat(0x4000_0000L + (131_072L << 20)).isLessThanOrEqualTo(0x40_1000_0000L);
    assertThat(0x4000_0000L + (262_144L << 20)).isGreaterThan(0x40_1000_0000L);
    assertThat(BoardConfig.MOST_MIB).isEqualTo(131_072);
  }

  @Test
  void reportsAllProblemsOfAFileInTheOrderOfItsLines() {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                ConfigFile.parse("x.yaml", "smmu:\n  tlbWays: 3\n  tlbEntries: 1\nmachine: {}\n"));

    assertThat(e.problems())
        .satisfiesExactly(
            first -> assertThat(first).startsWith("x.yaml:2: smmu.tlbWays: "),
            second -> assertThat(second).startsWith("x.yaml:3: smmu.tlbEntries: "),
            third -> assertThat(third).startsWith("x.yaml:4: machine.name: missing"));
  }
}
