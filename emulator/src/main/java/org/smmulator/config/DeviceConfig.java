package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;

/** One element of {@code devices}: a device that the machine starts and attaches. */
public record DeviceConfig(
    @Key(meaning = "Bus, device and function number, such as '00:04.0'.") PciAddress id,
    @Key(meaning = "Device model; it may have keys of its own.") ModelChoice model,
    @Key(meaning = "Geometry of the address translation cache, SETSxWAYS.", fallback = "64x4")
        AtcGeometry atc,
    @Key(
            meaning =
                "Whether faults may stall what the device sends, as PCIe forbids; it has no ATS"
                    + " then, and no PRI.",
            fallback = "false")
        boolean stall,
    @Key(
            meaning = "Where the device lives: in a JVM of its own or in the machine's.",
            fallback = "own")
        Home process,
    @Key(
            meaning = "Name for people; default is the model and the id.",
            nullable = true,
            syntax = Syntax.NAME)
        @Nullable String name,
    @Key(meaning = "File for the stream of addresses that the device looked up.", nullable = true)
        @Nullable String record,
    @Key(meaning = "A bug planted in the device, to see the checks find it.", nullable = true)
        @Nullable DeviceSabotage sabotage) {

  /** Where a device that could live elsewhere lives. */
  public enum Home {
    /** A JVM of its own, attached over a socket. */
    @JsonProperty("own")
    OWN,
    /** Tasks of the machine's JVM, attached without a socket. */
    @JsonProperty("machine")
    MACHINE
  }

  /** Bugs that a device process can be started with. */
  public enum DeviceSabotage {
    /** Answers invalidations without dropping the entries. */
    @JsonProperty("keep-invalidated")
    KEEP_INVALIDATED
  }

  /** Its queues, if its model has a choice of that name; each serves one process. Otherwise 0. */
  public int queues() {
    return model.number("queues");
  }

  /** Page requests that it can have outstanding, if its model has this choice. Otherwise 0. */
  public int pri() {
    return model.number("pri");
  }

  /** The name for people. */
  public String label() {
    return name != null ? name : model.name() + "@" + id;
  }
}
