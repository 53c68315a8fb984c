package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.wire.BusAddress;

class PortAddressTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "unix:/tmp/a false",
        "unix:/tmp/a,server=on true",
        "unix:/tmp/a,server=on,wait=off true",
        "unix:/tmp/a,server,nowait true",
        "unix:/tmp/a,server=off false",
        "tcp:127.0.0.1:7702,server=yes,nodelay=on true",
        "tcp:[::1]:0 false"
      })
  void readsTheOptionsOfQemu(String text, boolean server) {
    PortAddress address = PortAddress.parse(text);
    assertThat(address.server()).isEqualTo(server);
    assertThat(PortAddress.parse(address.toString())).isEqualTo(address);
    assertThat(text).matches(PortAddress.EXPRESSION);
  }

  @Test
  void aPortWithoutHostIsOnTheLoopback() {
    assertThat(PortAddress.parse("tcp::7702").socket())
        .isEqualTo(new BusAddress.Tcp("127.0.0.1", 7702));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "/tmp/a kind",
        "127.0.0.1:7702 kind",
        "unix: socket",
        "tcp:127.0.0.1 socket",
        "tcp:127.0.0.1:99999 socket",
        "unix:/tmp/a,server=maybe neither",
        "unix:/tmp/a,sever=on unknown",
        "unix:/tmp/a, unknown"
      })
  void saysWhatIsWrong(String text, String what) {
    assertThatThrownBy(() -> PortAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(what)
        .hasMessageEndingWith("use " + PortAddress.RIGHT);
  }
}
