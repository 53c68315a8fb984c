package org.smmulator.bus.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a table typed from the specification: whoever adds a constant adds its row. */
class ConfigurationLayoutTest {
  private static final List<Class<?>> LAYOUTS =
      List.of(
          ConfigHeader.class,
          ExpressCapability.class,
          AtsCapability.class,
          PriCapability.class,
          PasidCapability.class,
          MsixCapability.class,
          MsiCapability.class);

  @Test
  void everyConstantHasTheValueOfTheSpecification() throws Exception {
    assertThat(constants()).isEqualTo(table());
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "31, 31", "0, 32"})
  void anInvalidateQueueOfCodeZeroHoldsThirtyTwo(int code, int depth) {
    assertThat(AtsCapability.queueDepth(0xFFFF_FFE0 | code)).isEqualTo(depth);
    assertThat(AtsCapability.ofQueueDepth(depth)).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({"0, 128", "1, 256", "2, 512", "3, 1024", "4, 2048", "5, 4096", "6, 4096", "7, 4096"})
  void sizesOfPayloadAndReadRequestStandInFieldsOfTheirOwn(int code, int bytes) {
    assertThat(ExpressCapability.maxPayloadBytes(code << 5 | 7 << 12)).isEqualTo(bytes);
    assertThat(ExpressCapability.maxReadRequestBytes(code << 12 | 7 << 5)).isEqualTo(bytes);
    if (code <= 5) {
      assertThat(ExpressCapability.deviceControl(bytes, 128)).isEqualTo(code << 5);
      assertThat(ExpressCapability.deviceControl(128, bytes)).isEqualTo(code << 12);
    }
  }

  @Test
  void whatIsOptionalOfPasidCountsWhereSupportedAndEnabled() {
    assertThat(PasidCapability.enabledOptions(0b0110, 0b1101 << 16)).isEqualTo(0b0100);
    assertThat(PasidCapability.width(0x1F << 8 | 0x6)).isEqualTo(31);
    assertThat(PasidCapability.ofWidth(20)).isEqualTo(0x1400);
  }

  @Test
  void capabilitiesAreChainedByTheirHeaders() {
    assertThat(ConfigHeader.nextCapability(0x0002_8310)).isEqualTo(0x80);
    assertThat(ConfigHeader.capabilityId(0x0002_8310)).isEqualTo(0x10);
    assertThat(ConfigHeader.firstCapability(0x43)).isEqualTo(0x40);
    assertThat(ConfigHeader.nextExtended(0x1231_000F)).isEqualTo(0x120);
    assertThat(ConfigHeader.extendedId(0x1231_000F)).isEqualTo(0xF);
    assertThat(ConfigHeader.withNextExtended(ConfigHeader.extendedHeader(0x1B), 0x110))
        .isEqualTo(0x1101_001B);
    assertThat(ExpressCapability.header(0x80)).isEqualTo(0x0002_8010);
    assertThat(MsixCapability.header(3)).isEqualTo(0x0002_0011);
  }

  private static Map<String, String> constants() throws IllegalAccessException {
    Map<String, String> all = new TreeMap<>();
    for (Class<?> layout : LAYOUTS) {
      for (Field field : layout.getDeclaredFields()) {
        if (Modifier.isPublic(field.getModifiers())) {
          String value = Integer.toHexString(field.getInt(null));
          all.put(layout.getSimpleName() + " " + field.getName(), value);
        }
      }
    }
    return all;
  }

  private static Map<String, String> table() throws IOException {
    Map<String, String> rows = new TreeMap<>();
    try (InputStream in = ConfigurationLayoutTest.class.getResourceAsStream("layouts.txt")) {
      assertThat(in).isNotNull();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
        if (!line.isEmpty() && !line.startsWith("#")) {
          String[] words = line.split(" ", -1);
          rows.put(words[0] + " " + words[1], words[2]);
        }
      }
    }
    return rows;
  }
}
