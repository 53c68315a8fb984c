package org.smmulator.config;

import java.util.List;

/** The section {@code bus}. */
public record BusConfig(
    @Key(
            meaning = "Addresses where the machine waits for devices; port 0 takes a free one.",
            fallback = "['127.0.0.1:7701']",
            syntax = Syntax.ADDRESS,
            nonEmpty = true)
        List<String> listen,
    @Key(
            meaning = "Devices that may be attached at the same time.",
            unit = "devices",
            fallback = "31",
            min = 1,
            max = BusConfig.SLOTS)
        int maxDevices,
    @Key(
            meaning = "Wait for a device to answer a read of its registers or configuration space.",
            unit = "milliseconds",
            fallback = "10000",
            min = 1,
            max = 600_000)
        int completionTimeoutMillis,
    @Key(
            meaning =
                "Wait for a new device to answer all that firmware asks it; then it is cut off.",
            unit = "milliseconds",
            fallback = "60000",
            min = 1,
            max = 3_600_000)
        int trainingTimeoutMillis,
    @Key(
            meaning = "Wait of a scenario for a device to be attached; then the scenario ends.",
            unit = "milliseconds",
            fallback = "120000",
            min = 1,
            max = 3_600_000)
        int attachTimeoutMillis,
    @Key(
            meaning = "Wait for a device to complete an ATC invalidation; then it is fenced.",
            unit = "milliseconds",
            fallback = "60000",
            min = 1,
            max = 600_000)
        int invalidationTimeoutMillis,
    @Key(
            meaning = "Wait for the hello of a peer that connected; then its link is closed.",
            unit = "milliseconds",
            fallback = "10000",
            min = 1,
            max = 600_000)
        int helloTimeoutMillis,
    @Key(
            meaning =
                "Translations that a device may hold at the same time; further ones are for"
                    + " untranslated accesses only.",
            unit = "translations",
            fallback = "262144",
            min = 1,
            max = 1 << 20)
        int grantsPerDevice) {

  /** Slots of the root bus. */
  static final int SLOTS = 31;

  public BusConfig {
    listen = List.copyOf(listen);
  }
}
