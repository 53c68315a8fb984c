package org.smmulator.config;

import java.util.List;
import org.smmulator.smmu.fault.StalledTransactions;

/** The section {@code bus}. */
public record BusConfig(
    @Key(
            meaning = "Addresses where the machine waits for devices; port 0 takes a free one.",
            fallback = "['127.0.0.1:7701']",
            syntax = Syntax.ADDRESS,
            nonEmpty = true)
        List<String> listen,
    @Key(
            meaning = "Root buses, from bus 00 on; each has 31 slots for devices.",
            unit = "buses",
            fallback = "1",
            min = 1,
            max = BusConfig.MOST_BUSES)
        int rootBuses,
    @Key(
            meaning =
                "Devices that may be attached at the same time, no more than the root buses have"
                    + " slots.",
            unit = "devices",
            fallback = "7936",
            min = 1,
            max = BusConfig.SLOTS * BusConfig.MOST_BUSES)
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
        int grantsPerDevice,
    @Key(
            meaning =
                "Requests of a device with stall that may be held at the same time; further ones end"
                    + " in an abort, as if they could not stall.",
            unit = "requests",
            fallback = "4096",
            min = 1,
            max = StalledTransactions.CAPACITY)
        int stalledPerDevice) {

  /** Slots of a root bus. */
  public static final int SLOTS = 31;

  public static final int MOST_BUSES = 256;

  public BusConfig {
    listen = List.copyOf(listen);
  }

  /** Devices that may be attached at the same time. */
  public int places() {
    return Math.min(maxDevices, rootBuses * SLOTS);
  }
}
