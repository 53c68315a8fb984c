package org.smmulator.guest;

import java.util.concurrent.atomic.AtomicBoolean;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.AddressSpaces;

/**
 * A guest process: a name and an address space. Its life ends once, by {@link #exit}; whoever else
 * still uses the address space (a page fault under way) delays the end of that, as in Linux.
 */
public final class GuestProcess {
  private final String name;
  private final AddressSpaces addressSpaces;
  private final AddressSpace mm;
  private final AtomicBoolean alive = new AtomicBoolean(true);

  private GuestProcess(String name, AddressSpaces addressSpaces, AddressSpace mm) {
    this.name = name;
    this.addressSpaces = addressSpaces;
    this.mm = mm;
  }

  /** A process with an empty address space; {@link GuestKernel#startProcess} of a whole kernel. */
  public static GuestProcess start(String name, AddressSpaces addressSpaces) {
    return new GuestProcess(name, addressSpaces, addressSpaces.create(name));
  }

  public String name() {
    return name;
  }

  public AddressSpace mm() {
    return mm;
  }

  public boolean isAlive() {
    return alive.get();
  }

  /** A child that shares this process's frames copy-on-write; no device is bound to it. */
  public GuestProcess fork(String childName) {
    return new GuestProcess(childName, addressSpaces, mm.fork(childName));
  }

  /**
   * Ends the process: MMU notifiers are told first, so that devices let go, then its memory is
   * freed. A second call has no effect. May sleep.
   */
  public void exit() {
    if (alive.getAndSet(false)) {
      mm.putUser();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
