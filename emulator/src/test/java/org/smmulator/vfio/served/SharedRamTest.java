package org.smmulator.vfio.served;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedRamTest {
  private static final SharedRam RAM = new SharedRam(0x4000_0000L, 0x2000_0000L);

  @ParameterizedTest
  @CsvSource({
    "0x40000000, 0x20000000, true",
    "0x40001000, 0x1000, true",
    "0x5ffff000, 0x1000, true",
    "0x5ffff000, 0x2000, false",
    "0x3ffff000, 0x2000, false",
    "0x0, 0x1000, false",
    "0x60000000, 0x1000, false",
    "-0x1000, 0x1000, false"
  })
  void complainsOfMemoryThatIsNotItsOwn(long address, long bytes, boolean within) {
    String complaint = RAM.compare(address, bytes);
    if (within) {
      assertThat(complaint).isEmpty();
    } else {
      assertThat(complaint)
          .startsWith(String.format("its memory at 0x%x to ", address))
          .contains("RAM, 0x40000000 to 0x5fffffff");
    }
  }
}
