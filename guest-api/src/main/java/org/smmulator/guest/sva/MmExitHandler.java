package org.smmulator.guest.sva;

import org.jspecify.annotations.Nullable;
import org.smmulator.guest.iommu.IommuDevice;

/**
 * A device driver's part in the death of a process. Runs on a task of its own with no lock held,
 * and may sleep; it must not unbind its own PASID.
 */
public interface MmExitHandler {
  /**
   * The process behind {@code pasid} dies: stop the device's use of it.
   *
   * @param drvdata what the first bind was given
   * @return 0 once the device has stopped and has no request outstanding; else an error number,
   *     which keeps the PASID from being used again until the device is reset or detached
   */
  int mmExit(IommuDevice dev, int pasid, @Nullable Object drvdata);
}
