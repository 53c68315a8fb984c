package org.smmulator.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthoritiesTest {
  /** A name can be rebound to any address; an address cannot. */
  @ParameterizedTest
  @CsvSource({
    "192.168.0.7:9464, true",
    "10.0.0.1:9464, true",
    "[fe80::1]:9464, true",
    "lab-server:9464, true",
    "LAB-server:9464, true",
    "localhost:9464, true",
    "evil.example:9464, false",
    "10.0.0.1.evil.example:9464, false",
    "192.168.0.7:80, false",
    "192.168.0.7, false",
    "'', false"
  })
  void beyondTheLoopbackItsNameAndAddressesAreIts(String host, boolean allowed) {
    Authorities authorities =
        new Authorities("lab-server", new InetSocketAddress("192.168.0.7", 9464));

    assertThat(authorities.allowsHost(host)).isEqualTo(allowed);
    assertThat(authorities.allowsOrigin("http://" + host)).isEqualTo(allowed);
    assertThat(authorities.allowsOrigin("https://" + host)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, true", "127.0.0.1:80, true", "127.0.0.1:8080, false"})
  void thePortOfHttpNeedNotBeSaid(String host, boolean allowed) {
    Authorities authorities =
        new Authorities("127.0.0.1", new InetSocketAddress(InetAddress.getLoopbackAddress(), 80));

    assertThat(authorities.allowsHost(host)).isEqualTo(allowed);
  }
}
