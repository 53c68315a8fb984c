package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BusAddressTest {
  @ParameterizedTest
  @CsvSource({
    "example.org:7000, example.org, 7000, example.org:7000",
    ":0, 127.0.0.1, 0, 127.0.0.1:0",
    "[::1]:65535, ::1, 65535, [::1]:65535",
  })
  void readsTcpAddress(String text, String host, int port, String spelled) {
    assertThat(BusAddress.parse(text)).isEqualTo(new BusAddress.Tcp(host, port));
    assertThat(BusAddress.parse(text)).hasToString(spelled);
  }

  @Test
  void readsUnixAddress() {
    assertThat(BusAddress.parse("unix:/run/bus:1"))
        .isEqualTo(new BusAddress.Unix(Path.of("/run/bus:1")))
        .hasToString("unix:/run/bus:1");
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, has no port",
    "localhost:, has a port that is no number",
    "localhost:http, has a port that is no number",
    "localhost:65536, has a port beyond 65535",
    "localhost:-1, has a port beyond 65535",
    "::1:7000, has an IPv6 address without brackets",
    "unix:, has no path",
    "'', has no port",
  })
  void saysWhatIsWrong(String text, String what) {
    assertThatThrownBy(() -> BusAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("bus address \"" + text + "\" " + what + "; write HOST:PORT or unix:PATH");
  }

  @Test
  void refusesPathThatNoSocketCanHave() {
    assertThat(BusAddress.parse("unix:" + "x".repeat(106))).isNotNull();
    assertThatThrownBy(() -> BusAddress.parse("unix:" + "x".repeat(107)))
        .hasMessageContaining("more than 106 bytes");
  }
}
