package org.smmulator.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.smmu.feature.Feature;

/** What a machine must have, and not have, if its guest comes over vfio-user. */
final class VfioUserRules {
  /** The longest name of a socket, with what stands before it. */
  private static final int NAME_BYTES = "/BB:DD.F.sock".length();

  private final Problems problems;

  VfioUserRules(Problems problems) {
    this.problems = problems;
  }

  void check(MachineConfig config) {
    directory(config.guest().directory());
    if (config.machine().ramFile() == null) {
      problems.add(
          "machine.ramFile",
          "a guest over vfio-user has its RAM in a file that both map, and DMA here would reach"
              + " other memory; name one, as QEMU's memory-backend-file with share=on does");
    }
    if (config.guest().time() == GuestConfig.Clock.VIRTUAL) {
      problems.add(
          "guest.clock",
          "a guest over vfio-user has CPUs that run on real time, and says nothing of it; use"
              + " wall, or leave it out");
    }
    if (hasBroadcast(config.smmu())) {
      problems.add(
          "smmu.without",
          "over vfio-user nobody hears the TLB maintenance that a guest's CPUs broadcast, and with"
              + " BTM its kernel relies on that; add BTM");
    }
  }

  private static boolean hasBroadcast(SmmuConfig smmu) {
    try {
      return smmu.toFeatures().has(Feature.BTM);
    } catch (IllegalArgumentException e) {
      return false; // which is a problem of its own
    }
  }

  private void directory(@Nullable String directory) {
    if (directory == null) {
      problems.add("guest.directory", "vfio-user needs a folder for its sockets; name one");
      return;
    }
    int bytes = directory.getBytes(UTF_8).length + NAME_BYTES;
    if (bytes > BusAddress.MAX_PATH_BYTES) {
      problems.add(
          "guest.directory",
          "the names of its sockets would have "
              + bytes
              + " bytes, and the system takes "
              + BusAddress.MAX_PATH_BYTES
              + "; use a shorter one");
    }
  }
}
