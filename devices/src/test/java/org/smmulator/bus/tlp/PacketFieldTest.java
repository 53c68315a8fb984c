package org.smmulator.bus.tlp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people read of the packets that were typed by hand. */
class PacketFieldTest {
  private static final Map<String, String> GOLDEN = Packets.load("golden.txt");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mwr64-translated | type memory write; address type translated; address 0x100000010;"
            + " bytes 8; first byte enable 0xf; last byte enable 0xf; PASID none;"
            + " requester ID 01:02.1; tag 0x0",
        "mrd32-three-bytes | type memory read; address type untranslated; address 0x80001000;"
            + " bytes 3; first byte enable 0x8; last byte enable 0x3; PASID none;"
            + " requester ID 01:00.0; tag 0x7",
        "pasid-privileged | type translation request; address type translation request;"
            + " address 0x7f0012345000; translations 1; no write no; PASID 74565; privileged yes;"
            + " execute no; requester ID 01:00.0; tag 0x3",
        "ats-request-no-write | type translation request; address type translation request;"
            + " address 0x7f0012345000; translations 1; no write yes; PASID none;"
            + " requester ID 01:00.0; tag 0x3",
        "cpl-ca | type completion; bytes 0; PASID none; requester ID 01:00.0; completer ID 00:00.0;"
            + " tag 0x3; status CA; byte count 4; lower address 0x0",
        "ats-completion | type completion data; bytes 8; PASID none; requester ID 01:00.0;"
            + " completer ID 00:00.0; tag 0x3; status SC; byte count 8; lower address 0x0",
        "invalidate-completion | type invalidate completion; PASID none; requester ID 01:00.0;"
            + " target ID 00:00.0; invalidate tags 0x20; completion count 1",
        "page-request | type page request; address 0x7f0012345000; PASID none;"
            + " requester ID 01:00.0; page request group 0x1a; flags read, write, last",
        "stop-marker | type stop marker; address 0x0; PASID 74565; privileged no; execute no;"
            + " requester ID 01:00.0; page request group 0x0; flags last",
        "assert-inta | type assert INTA; PASID none; requester ID 01:00.0; tag 0x0",
        "cfgrd0-word | type config read; PASID none; requester ID 00:00.0; tag 0x3",
      })
  void tellsTheFieldsOf(String packet, String fields) {
    assertThat(words(packet)).isEqualTo(fields.replaceAll(" +", " "));
  }

  private static String words(String packet) {
    return PacketField.of(Packets.parse(GOLDEN.getOrDefault(packet, ""))).entrySet().stream()
        .map(field -> field.getKey().words() + " " + field.getValue())
        .collect(Collectors.joining("; "));
  }

  @Test
  void everyWellFormedPacketHasAType() {
    Set<String> types = new HashSet<>();
    for (String packet : GOLDEN.keySet()) {
      types.add(words(packet).replaceAll(";.*", ""));
    }
    assertThat(types)
        .contains("type invalidate request", "type PRG response", "type deassert INTA")
        .allMatch(type -> type.matches("type [a-zA-Z ]+"));
  }

  @Test
  void hasAKeyForPrograms() {
    assertThat(PacketField.FIRST_BYTE_ENABLE.key()).isEqualTo("firstByteEnable");
  }
}
