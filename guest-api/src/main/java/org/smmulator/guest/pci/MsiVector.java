package org.smmulator.guest.pci;

/** A function's MSI, of which one vector is used (Base Specification 7.7.1). */
final class MsiVector implements MessageVectors {
  private static final int MSI_ID = 0x05;
  private static final int CONTROL = 2;
  private static final int ADDRESS = 4;
  private static final int UPPER_ADDRESS = 8;
  private static final int DATA_AFTER_32 = 8;
  private static final int DATA_AFTER_64 = 12;
  private static final int ENABLE = 1;
  private static final int ADDRESS_64_BIT = 1 << 7;

  private final ConfigSpace config;
  private final int capability;

  MsiVector(ConfigSpace config) {
    this.config = config;
    this.capability = config.findCapability(MSI_ID);
  }

  @Override
  public int vectors() {
    return capability == 0 ? 0 : 1;
  }

  /** The domain's addresses are below 2^32 unless very many of them were used. */
  @Override
  public void set(int vector, long doorbellIova, int intid) {
    boolean wide = (config.read16(capability + CONTROL) & ADDRESS_64_BIT) != 0;
    if (vector < 0 || vector >= vectors() || (!wide && doorbellIova >>> 32 != 0)) {
      throw new IllegalArgumentException(
          "vector %d of %d, with messages to 0x%x".formatted(vector, vectors(), doorbellIova));
    }
    config.write32(capability + ADDRESS, (int) doorbellIova);
    if (wide) {
      config.write32(capability + UPPER_ADDRESS, (int) (doorbellIova >>> 32));
    }
    config.write16(capability + (wide ? DATA_AFTER_64 : DATA_AFTER_32), intid);
  }

  @Override
  public void enable() {
    config.write16(capability + CONTROL, ENABLE);
  }
}
