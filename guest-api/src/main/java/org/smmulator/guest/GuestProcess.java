package org.smmulator.guest;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.AddressSpaces;
import org.smmulator.guest.pci.generic.DeviceFile;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sched.WaitQueue;

/**
 * A guest process: a name, an address space, the programs that run in it and the devices they have
 * open. Its life ends once, by {@link #exit}; whoever else still uses the address space (a page
 * fault under way) delays the end of that, as in Linux.
 *
 * <p>Whoever started the process is a member of it until it exits, and each program until it ends.
 * Every member uses the memory; the last one to leave closes the devices. So all of the process is
 * torn down in the order of Linux's {@code do_exit}: memory, with the notifiers' release and the
 * {@code mm_exit} of each bound device first, then open files.
 */
public final class GuestProcess {
  private final String name;
  private final AddressSpaces addressSpaces;
  private final AddressSpace mm;
  private final AtomicBoolean alive = new AtomicBoolean(true);
  private final AtomicInteger members = new AtomicInteger(1);
  private final List<Task> programs = new CopyOnWriteArrayList<>();
  private final List<DeviceFile> files = new CopyOnWriteArrayList<>();
  private final WaitQueue ended;
  private volatile boolean over;

  private GuestProcess(String name, AddressSpaces addressSpaces, AddressSpace mm) {
    this.name = name;
    this.addressSpaces = addressSpaces;
    this.mm = mm;
    this.ended = addressSpaces.sched().waitQueue("end of process " + name);
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
   * Ends the process, as a fatal signal does. If no program runs in it, its memory is gone on
   * return: MMU notifiers are told first, so that devices let go, then it is freed. Programs that
   * run end at their next call, or in the one that waits, and the last of them ends the process
   * ({@link #awaitEnd}). A second call has no effect. May sleep.
   */
  public void exit() {
    if (alive.getAndSet(false)) {
      programs.forEach(Task::kill);
      leave();
    }
  }

  /**
   * Waits until the process has ended as a whole: no program runs, its memory is freed unless
   * somebody else still uses it, and its devices are closed.
   *
   * @return false if the deadline passed first
   */
  public boolean awaitEnd(long deadlineNanos) {
    return ended.await(() -> over, deadlineNanos);
  }

  /**
   * A program becomes a member.
   *
   * @throws IllegalStateException if the process has exited
   */
  void enter() {
    if (!alive.get() || !becomeMember()) {
      throw new IllegalStateException(name + " has exited");
    }
    if (!mm.getUserNotZero()) {
      leaveFiles();
      throw new IllegalStateException(name + " has exited");
    }
  }

  private boolean becomeMember() {
    int now = members.get();
    while (now > 0 && !members.compareAndSet(now, now + 1)) {
      now = members.get();
    }
    return now > 0;
  }

  /** A task that has entered dies with the process, were it that the process has just exited. */
  void killWithIt(Task program) {
    programs.add(program);
    if (!alive.get()) {
      program.kill();
    }
  }

  /** A program that has entered is over. */
  void leave(Task program) {
    programs.remove(program);
    leave();
  }

  private void leave() {
    try {
      mm.putUser();
    } finally {
      leaveFiles();
    }
  }

  private void leaveFiles() {
    if (members.decrementAndGet() == 0) {
      files.forEach(DeviceFile::release);
      over = true;
      ended.wakeAll();
    }
  }

  /** What the last member to leave closes. */
  void opened(DeviceFile file) {
    files.removeIf(DeviceFile::isClosed);
    files.add(file);
  }

  @Override
  public String toString() {
    return name;
  }
}
