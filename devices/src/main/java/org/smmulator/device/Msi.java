package org.smmulator.device;

/** Message-signalled interrupts of a function (MSI-X; Base Specification 6.1.4). */
public interface Msi {
  /**
   * Sends the vector's message: a 32-bit Memory Write without PASID to the address in the MSI-X
   * table, translated like any other, after every write that has returned. A masked vector becomes
   * pending and is sent when software unmasks it; while MSI-X is disabled nothing is sent. Returns
   * at once; any task may call.
   *
   * @param vector 0 to vectors - 1
   */
  void raise(int vector);
}
