package org.smmulator.device;

/** Message-signalled interrupts of a function (MSI-X or MSI; Base Specification 6.1.4). */
public interface Msi {
  /**
   * Sends the vector's message: a 32-bit Memory Write without PASID to the address in the MSI-X
   * table or the MSI capability, translated like any other, after every write that has returned. A
   * masked vector becomes pending and is sent when software unmasks it; while MSI-X, or MSI, is
   * disabled nothing is sent. Returns at once; any task may call.
   *
   * @param vector 0 to vectors - 1
   */
  void raise(int vector);
}
