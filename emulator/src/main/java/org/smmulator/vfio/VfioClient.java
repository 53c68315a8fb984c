package org.smmulator.vfio;

import java.util.function.IntConsumer;

/** A client, as the function that it has sees it. Used by the thread of its socket. */
public interface VfioClient {
  /**
   * Writes into the client's address space as the function, which also reaches what is no memory.
   *
   * @param end given 0, or the errno of the client's refusal; never called once the client is gone
   * @return whether it is on its way; not if too many are
   */
  boolean dmaWrite(long address, byte[] data, IntConsumer end);
}
