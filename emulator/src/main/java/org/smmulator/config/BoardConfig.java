package org.smmulator.config;

import org.jspecify.annotations.Nullable;

/** The section {@code machine}. */
public record BoardConfig(
    @Key(
            meaning = "Name of the machine, shown in tables and on the live page.",
            syntax = Syntax.NAME)
        String name,
    @Key(
            meaning = "Size of the RAM that starts at 0x40000000.",
            unit = "MiB",
            fallback = "1024",
            min = 64,
            max = BoardConfig.MOST_MIB,
            powerOfTwo = true)
        int ramMiB,
    @Key(
            meaning = "File that holds the RAM, for other programs to map; null for none.",
            nullable = true)
        @Nullable String ramFile,
    @Key(
            meaning =
                "Allow bus, HTTP server and guest port addresses that are not on the loopback"
                    + " interface.",
            fallback = "false")
        boolean exposed) {

  /** The largest power of two that ends below the configuration space of PCIe. */
  static final int MOST_MIB = 1 << 17;

  public long ramBytes() {
    return (long) ramMiB << 20;
  }
}
