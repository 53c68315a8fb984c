package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.device.model.dma.DmaDevice;

/** One element of {@code devices}: a device that the machine starts and attaches. */
public record DeviceConfig(
    @Key(meaning = "Bus, device and function number, such as '00:04.0'.") PciAddress id,
    @Key(meaning = "Device model.") DeviceModel model,
    @Key(meaning = "Geometry of the address translation cache, SETSxWAYS.", fallback = "64x4")
        AtcGeometry atc,
    @Key(
            meaning = "Queues of the device.",
            unit = "queues",
            fallback = "2",
            min = 1,
            max = DeviceConfig.MOST_QUEUES)
        int queues,
    @Key(
            meaning = "Page requests that may be outstanding; 0 for a device without PRI.",
            unit = "page requests",
            fallback = "32",
            max = 256)
        int pri,
    @Key(
            meaning =
                "Width of the addresses that an edu drives; QEMU's dma_mask has as many ones.",
            unit = "bits",
            fallback = "28",
            max = 64)
        int dmaMaskBits,
    @Key(
            meaning =
                "Whether faults may stall what the device sends, as PCIe forbids; it has no ATS"
                    + " then, and no PRI.",
            fallback = "false")
        boolean stall,
    @Key(meaning = "Where a dma lives: in a JVM of its own or in the machine's.", fallback = "own")
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

  static final int MOST_QUEUES = DmaDevice.MOST_QUEUES;

  /** The bundled device models. */
  public enum DeviceModel {
    @JsonProperty("dma")
    DMA,
    @JsonProperty("edu")
    EDU,
    @JsonProperty("iommu-testdev")
    IOMMU_TESTDEV;

    /** As in a file. */
    public String spelled() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

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

  /** What QEMU calls dma_mask. */
  public long dmaMask() {
    return dmaMaskBits == Long.SIZE ? -1 : (1L << dmaMaskBits) - 1;
  }

  /** The name for people. */
  public String label() {
    return name != null ? name : model.spelled() + "@" + id;
  }
}
