package org.smmulator.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.cli.SmmulatorCommand;

/** Sockets beyond the loopback interface are refused unless the file allows them. */
class ExposureTest {
  private static final List<String> BEYOND =
      List.of(
          "0.0.0.0",
          "0",
          "[::]",
          "[::0.0.0.0]",
          "192.168.0.7",
          "10.0.0.1",
          "128.0.0.1",
          "3232235527",
          "[::ffff:192.168.0.7]",
          "[::ffff:0.0.0.0]",
          "[fe80::1]",
          "[2001:db8::1]");
  private static final List<String> LOOPBACK =
      List.of(
          "127.0.0.1",
          "127.1.2.3",
          "localhost",
          "[::1]",
          "[0:0:0:0:0:0:0:1]",
          "[::ffff:127.0.0.1]");
  private static final List<String> KEYS =
      List.of(
          "bus.listen[0]", "bus.listen[1]", "http.listen", "guest.port", "guest.port,server=on");

  @TempDir private Path folder;

  private static Stream<Arguments> everyKeyWith(List<String> hosts) {
    return KEYS.stream().flatMap(key -> hosts.stream().map(host -> Arguments.of(key, host)));
  }

  static Stream<Arguments> beyond() {
    return everyKeyWith(BEYOND);
  }

  static Stream<Arguments> loopback() {
    return everyKeyWith(LOOPBACK);
  }

  private static String yaml(String key, String host, String exposed) {
    String address = "'" + host + ":7777'";
    String section =
        switch (key) {
          case "bus.listen[0]" -> "bus: {listen: [" + address + "]}";
          case "bus.listen[1]" -> "bus: {listen: ['127.0.0.1:7701', " + address + "]}";
          case "http.listen" -> "http: {listen: " + address + "}";
          case "guest.port" -> "guest: {kind: external, port: 'tcp:" + host + ":7777'}";
          default -> "guest: {kind: external, port: 'tcp:" + host + ":7777,server=on'}";
        };
    return "machine: {name: x" + exposed + "}\n" + section + "\n";
  }

  @ParameterizedTest
  @MethodSource("beyond")
  void refusesAddressesBeyondTheLoopback(String key, String host) {
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class, () -> ConfigFile.parse("x.yaml", yaml(key, host, "")));

    assertThat(refused).isNotNull();
    assertThat(refused.problems())
        .singleElement()
        .asString()
        .startsWith("x.yaml:2: " + key.replace(",server=on", "") + ": " + host)
        .endsWith("use 127.0.0.1:7777, or add machine.exposed: true");
  }

  @ParameterizedTest
  @MethodSource("beyond")
  void takesThemIfTheFileSaysSo(String key, String host) throws Exception {
    MachineConfig config = ConfigFile.parse("x.yaml", yaml(key, host, ", exposed: true"));

    assertThat(Exposure.of(config)).singleElement().extracting(Exposure::key).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("loopback")
  void takesAddressesOfTheLoopback(String key, String host) throws Exception {
    assertThat(Exposure.of(ConfigFile.parse("x.yaml", yaml(key, host, "")))).isEmpty();
  }

  @Test
  void aNameStandsForAllOfItsAddresses() throws Exception {
    Path hosts = folder.resolve("hosts");
    Files.writeString(
        hosts, "127.0.0.1 here\n127.0.0.1 twice\n10.1.2.3 twice\n10.1.2.3 elsewhere\n");
    assertThat(check(hosts, "here")).isEmpty();
    assertThat(check(hosts, "elsewhere")).contains("elsewhere:7777 is not on the loopback");
    assertThat(check(hosts, "twice")).contains("twice:7777 is not on the loopback");
  }

  /** What the command says about a file, where a file of the test knows the names. */
  private String check(Path hosts, String name) throws Exception {
    Path file = Files.writeString(folder.resolve("x.yaml"), yaml("bus.listen[0]", name, ""));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djdk.net.hosts.file=" + hosts,
                "-cp",
                System.getProperty("java.class.path"),
                SmmulatorCommand.class.getName(),
                "check",
                file.toString())
            .start();
    return new String(process.getErrorStream().readAllBytes(), UTF_8);
  }
}
