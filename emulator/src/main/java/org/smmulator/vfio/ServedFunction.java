package org.smmulator.vfio;

/**
 * A PCI function that is served. All of it is called by the thread of its socket; answers may come
 * now or later, by that thread too, and once each. Accesses of one client come one at a time, in
 * order, and lie within the region.
 */
public interface ServedFunction {
  /** Regions that vfio knows of a PCI function: 6 BARs, the ROM, configuration space and VGA. */
  int REGIONS = 9;

  /** The region that is configuration space. */
  int CONFIGURATION = 7;

  /** Takes the end of an access; one of both is called, once. */
  interface Answer {
    /** It is done; {@code data} is what a read was about, and empty for a write. */
    void done(byte[] data);

    /**
     * It is not.
     *
     * @param errno of {@link Errno}
     * @param why for people
     */
    void failed(int errno, String why);
  }

  /** For people, such as {@code 00:04.0 (dma)}. */
  String name();

  /** Bytes of a region; 0 if the function has none of that index. */
  long regionBytes(int region);

  /** Reads {@code bytes} from an offset in a region on. */
  void read(int region, long offset, int bytes, Answer answer);

  /** Writes to a region from an offset on. */
  void write(int region, long offset, byte[] data, Answer answer);

  /** Resets the function; {@code done} once it answers again, or will not. */
  void reset(Runnable done);

  /** A client has the function from now on. */
  void taken(VfioClient client);

  /**
   * The client shows memory at these addresses, which is to be this machine's own.
   *
   * @return what people should know, or an empty text
   */
  String mapped(long address, long bytes);

  /** The client has gone; {@link #reset} follows. */
  void left();
}
