package org.smmulator.device.model.edu;

import java.util.List;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceType;
import org.smmulator.device.ModelOption;
import org.smmulator.device.ModelSettings;

/** {@code model: edu}. */
public final class EduType implements DeviceType {
  private static final String DMA_MASK_BITS = "dmaMaskBits";

  @Override
  public String name() {
    return "edu";
  }

  @Override
  public String help() {
    return "QEMU's educational device: registers, an interrupt, and DMA without PASID or ATS.";
  }

  @Override
  public List<ModelOption> options() {
    return List.of(
        new ModelOption.Whole(
            DMA_MASK_BITS,
            "Width of the addresses that an edu drives; QEMU's dma_mask has as many ones.",
            "bits",
            Long.bitCount(EduDevice.DEFAULT_DMA_MASK),
            0,
            Long.SIZE));
  }

  @Override
  public DeviceModel create(ModelSettings settings) {
    int bits = settings.integer(DMA_MASK_BITS);
    return new EduDevice(bits == Long.SIZE ? -1 : (1L << bits) - 1);
  }

  @Override
  public boolean hasAtc() {
    return false;
  }

  @Override
  public boolean isStepped() {
    return true;
  }
}
