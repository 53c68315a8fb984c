package org.smmulator.device;

import org.jspecify.annotations.Nullable;

/**
 * A function's way to memory. Any of the model's tasks may use it, several at a time. {@link #read}
 * and {@link #write} block, so the link's own thread may not call them ({@code
 * IllegalStateException}); {@link #startRead} and {@link #startWrite} return at once.
 *
 * <p>A transfer is cut into packets at 4 KiB pages and at the link's Max_Payload_Size or
 * Max_Read_Request_Size. While software has ATS enabled each packet asks the ATC, and the packets
 * of a page whose translation is missing wait for it; other pages go on. So the pages of one large
 * transfer may be accessed in any order, the bytes of one page in ascending order.
 */
public interface DmaPort {
  /** In the place of a PASID: packets carry none. */
  int NO_PASID = -1;

  /** Hears how a started transfer ended. */
  interface Outcome {
    /**
     * Called once, on the model's BAR task.
     *
     * @param failure null if every byte was read, or sent
     */
    void ended(@Nullable DmaException failure);
  }

  /**
   * Reads memory into an array.
   *
   * @param pasid 0 to 2^20 - 1, or {@link #NO_PASID}
   * @param address untranslated address of the first byte
   * @param length bytes, 0 or more
   * @throws DmaException if any byte could not be read; the array's part is then undefined
   */
  void read(int pasid, long address, byte[] target, int offset, int length) throws DmaException;

  /**
   * Writes memory from an array. Writes are posted: on return every packet is on the link, ahead of
   * any later write, MSI or answer of this function, but perhaps not yet in memory. An error that
   * happens behind the link is not reported.
   *
   * <p>A device that is {@linkplain DeviceOptions#stalling stalling} sends a read of no bytes
   * behind the writes of each page: on return all of it is in memory, or was dropped, which is
   * reported for a page that cannot be read either. A page that can be read and not written drops
   * in silence.
   *
   * @param pasid 0 to 2^20 - 1, or {@link #NO_PASID}
   * @param address untranslated address of the first byte
   * @param length bytes, 0 or more
   * @throws DmaException if any byte could not be sent; others may have been
   */
  void write(int pasid, long address, byte[] source, int offset, int length) throws DmaException;

  /** As {@link #read}; until the outcome the array belongs to the transfer. */
  void startRead(int pasid, long address, byte[] target, int offset, int length, Outcome outcome);

  /** As {@link #write}; until the outcome the array must not change. */
  void startWrite(int pasid, long address, byte[] source, int offset, int length, Outcome outcome);
}
