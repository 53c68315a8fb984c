package org.smmulator.machine;

import java.io.IOException;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.bus.wire.InProcessWire;
import org.smmulator.bus.wire.LinkLimits;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.SystemMemory;
import org.smmulator.execution.SteppedLoop;
import org.smmulator.pcie.RootComplex;

/**
 * Devices inside the machine: a model, its link and the root complex on one loop, with no thread of
 * their own. What software sets off in such a device is done when the loop is idle, or waits for
 * the loop's clock.
 */
public final class InProcessDevices {
  private final RootComplex root;
  private final PhysicalMemory memory;
  private final SteppedLoop loop;
  private final LinkLimits limits;

  /**
   * @param memory what devices with a side entrance reach through it
   * @param loop the loop of the root complex
   */
  public InProcessDevices(
      RootComplex root, PhysicalMemory memory, SteppedLoop loop, LinkLimits limits) {
    this.root = root;
    this.memory = memory;
    this.loop = loop;
    this.limits = limits;
  }

  /**
   * Plugs a model in. It is attached, trained and there for software when the loop is idle, or
   * {@link AttachedDevice#whenAttached} has failed with the root complex's words; it leaves with
   * {@link RootComplex#shutdown}.
   *
   * @param model one that never waits, such as {@code edu}
   * @param options with the wanted requester ID
   * @throws IOException if the options name a file for the ATC's events that cannot be written
   */
  public AttachedDevice plug(DeviceModel model, DeviceOptions options) throws IOException {
    AttachedDevice device = AttachedDevice.onLoop(loop, model, options);
    InProcessWire.join(root.newPort(), loop, device.handler(), loop, limits);
    return device;
  }

  /** The way around the IOMMU for the device in that slot. */
  public SystemMemory systemMemory(int requesterId) {
    return new SideEntrance(root, memory, loop, requesterId);
  }
}
