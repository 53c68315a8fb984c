package org.smmulator.guest.pci;

/**
 * A function with its driver. The kernel calls one of the two methods, once, when the driver is to
 * let go; afterwards it takes away whatever is left. Both may sleep.
 */
public interface DrivenDevice {
  /** The function. */
  PciDevice device();

  /** Stops everything and gives up the function, which is still there. */
  void detach();

  /** Gives up a function that is gone: its registers read as all ones. */
  void removed();
}
