package org.smmulator.guest;

/**
 * A program of the guest's user space: what runs in a process, with that process's memory and the
 * devices that it opens. It waits, computes with memory and reaches devices through its {@link
 * UserTask} and what that gives it, and through nothing else: then it runs on threads and in
 * simulated time, where a run is repeated by its seed.
 *
 * <p>{@link GuestKernel#run} starts it. A jar offers programs by name by listing its classes, each
 * with a public constructor without parameters, in {@code
 * META-INF/services/org.smmulator.guest.GuestProgram}; {@link GuestPrograms} finds them.
 */
@FunctionalInterface
public interface GuestProgram {
  /**
   * The program from its beginning to its end, as a task of its process. What it throws kills its
   * process, as a fatal signal would, and nothing else.
   */
  void run(UserTask task) throws Exception;

  /** What logs call it, and who wants it by name: as its class, unless overridden. */
  default String name() {
    boolean named = !getClass().isHidden() && !getClass().isAnonymousClass();
    return named ? getClass().getSimpleName() : "program";
  }
}
