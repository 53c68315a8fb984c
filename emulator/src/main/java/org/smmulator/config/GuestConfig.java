package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/** The section {@code guest}. */
public record GuestConfig(
    @Key(
            meaning =
                "Who runs on the machine: the built-in kernel, a program at the guest port, or a"
                    + " kernel in a virtual machine monitor that speaks vfio-user.",
            fallback = "built-in",
            shorthand = true)
        Kind kind,
    @Key(
            meaning = "Where an external guest is connected, with QEMU's options for sockets.",
            fallback = "'tcp:127.0.0.1:7702,server=on'")
        PortAddress port,
    @Key(meaning = "Folder for the sockets of vfio-user; made if it is not there.", nullable = true)
        @Nullable String directory,
    @Key(
            meaning =
                "Time of a guest that is not built in: moved by its clock_step only, or real time."
                    + " By default virtual at the guest port, and wall with vfio-user.",
            nullable = true)
        @Nullable Clock clock,
    @Key(
            meaning = "How PASIDs are chosen: the lowest free one, or each in turn.",
            fallback = "cyclic")
        PasidPolicy pasidPolicy,
    @Key(
            meaning = "Wait for a device driver to stop its device when a process dies.",
            unit = "milliseconds",
            fallback = "10000",
            min = 1,
            max = 600_000)
        int mmExitTimeoutMillis,
    @Key(
            meaning =
                "MMU notifiers, which tell devices of changes to page tables; bind needs them.",
            fallback = "true")
        boolean mmuNotifier,
    @Key(
            meaning = "Freed frames held back before reuse, so that a late access shows.",
            unit = "frames of 4 KiB",
            fallback = "1024",
            max = 1 << 24)
        int frameQuarantine,
    @Key(meaning = "Fill freed frames with a pattern.", fallback = "true") boolean poison) {

  /** Who runs on the machine. */
  public enum Kind {
    @JsonProperty("built-in")
    BUILT_IN,
    @JsonProperty("external")
    EXTERNAL,
    @JsonProperty("vfio-user")
    VFIO_USER
  }

  /** What moves the time of an external guest. */
  public enum Clock {
    @JsonProperty("virtual")
    VIRTUAL,
    @JsonProperty("wall")
    WALL
  }

  /** Whether it is a program outside. */
  public boolean isExternal() {
    return kind != Kind.BUILT_IN;
  }

  /** Whether it is at the guest port. */
  public boolean isAtPort() {
    return kind == Kind.EXTERNAL;
  }

  /** What moves its time. */
  public Clock time() {
    Clock usual = kind == Kind.VFIO_USER ? Clock.WALL : Clock.VIRTUAL;
    return clock == null ? usual : clock;
  }

  /** The same guest at another port. */
  public GuestConfig withPort(PortAddress other) {
    return new GuestConfig(
        kind,
        other,
        directory,
        clock,
        pasidPolicy,
        mmExitTimeoutMillis,
        mmuNotifier,
        frameQuarantine,
        poison);
  }

  /** How the guest kernel picks the PASID of an address space. */
  public enum PasidPolicy {
    @JsonProperty("lowest")
    LOWEST,
    @JsonProperty("cyclic")
    CYCLIC
  }
}
