package org.smmulator.guest.pci;

import org.smmulator.arch.port.MemoryMap;

/** The interrupt messages of one function: MSI-X, or MSI. */
public interface MessageVectors {
  /** How many there are, numbered from 0; 0 if the function has none of this kind. */
  int vectors();

  /**
   * Lets a vector raise an interrupt.
   *
   * @param doorbellIova where the device's default domain maps {@link MemoryMap#MSI_SETSPI}
   * @param intid the interrupt number
   * @throws IllegalArgumentException if the function has no such vector
   */
  void set(int vector, long doorbellIova, int intid);

  /** Lets the function send them, instead of asserting a pin. */
  void enable();
}
