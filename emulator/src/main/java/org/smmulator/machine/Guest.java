package org.smmulator.machine;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.smmulator.counter.Counts;
import org.smmulator.guest.GuestKernel;
import org.smmulator.launch.UserException;
import org.smmulator.vfio.VfioCounter;

/** What runs on a machine: the kernel that is built in, or a program at the guest port. */
interface Guest extends AutoCloseable {
  /** An interrupt of the board; on the hardware's loop. */
  void interrupt(int intid);

  /**
   * Boots it on a board whose hardware runs.
   *
   * @throws UserException if it cannot drive such a board
   */
  void boot(Board board) throws UserException;

  /**
   * All devices of the machine's file have been started.
   *
   * @throws UserException if it cannot go on
   */
  void ready() throws UserException;

  /** The kernel that is built in, once booted; null if another program runs on the machine. */
  @Nullable GuestKernel kernel();

  /** What has happened over vfio-user; unknown if the guest is not there. */
  default Counts<VfioCounter> vfioUser() {
    return Counts.unknown(VfioCounter.class);
  }

  /** Where a program that drives the machine connects, or is; null if none does. */
  @Nullable String port();

  /** Completes when nobody is left who could use the machine; never, if others may come. */
  CompletableFuture<Void> ended();

  /** Takes no more orders; the hardware still runs. */
  @Override
  void close();
}
