package org.smmulator.guest.sva;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.MmuNotifier;
import org.smmulator.guest.sched.Kref;
import org.smmulator.guest.sched.TaskKilled;

/** What a {@link PlantedBug} calls in place of what is right; public for other packages. */
public final class PlantedCalls {
  /** What the running task has left for later. */
  private static final ThreadLocal<Object> CPUS = new ThreadLocal<>();

  private PlantedCalls() {}

  static void nothing(AddressSpace mm) {}

  static void nothing(AddressSpace mm, MmuNotifier notifier) {}

  static void dropAndFree(DriverCalls driver, AddressSpace mm, MmContext context) {
    mm.drop();
    driver.free(mm, context);
  }

  static void nothing(BondAttachment attachment, SvaDevice device) {}

  static void nothing(IoMm ioMm, Bond bond) {}

  static void nothing(IoMm ioMm, long start, long end) {}

  static void nothing(PasidAllocator pasids, int pasid) {}

  static boolean never(Quarantine quarantine, int pasid) {
    return false;
  }

  static void publishAndRegister(IoMms ioMms, IoMm ioMm) {
    call(ioMms, "publish", ioMm);
    try {
      ioMm.mm().registerNotifier(ioMm);
    } catch (TaskKilled e) {
      throw new IllegalStateException(e);
    }
  }

  static void publishAndWritePasid(IoMms ioMms, IoMm ioMm) {
    int pasid = ioMm.pasid();
    set(ioMm, "pasid", 0);
    call(ioMms, "publish", ioMm);
    set(ioMm, "pasid", pasid);
  }

  static void attachAndList(DriverCalls driver, Bond bond, boolean first) throws IommuException {
    driver.attach(bond, first);
    bond.ioMm().listLocked(bond);
  }

  static boolean freeAndDrain(BondAttachment attachment, Bond bond) {
    SvaTables tables = (SvaTables) get(attachment, "tables");
    tables.lock().lock();
    try {
      tables.pasidsLocked().free(bond.pasid());
    } finally {
      tables.lock().unlock();
    }
    return attachment.drain(bond);
  }

  /** Calls release if the notifier would still get callbacks, then unregisters it. */
  public static void unregister(Object subscriptions, MmuNotifier notifier) {
    for (Object hashed : (Object[]) get(subscriptions, "hashed")) {
      if (get(hashed, "notifier") == notifier) {
        notifier.release((AddressSpace) get(subscriptions, "mm"));
      }
    }
    call(subscriptions, "unregister", notifier);
  }

  public static int decrementPlainly(Object count) {
    AtomicInteger references = (AtomicInteger) count;
    int left = references.getPlain() - 1;
    references.setPlain(left);
    return left;
  }

  public static void later(Object cpus) {
    CPUS.set(cpus);
  }

  public static void notifyThenFlush(Object subscriptions, long start, long end) {
    call(subscriptions, "invalidateRange", start, end);
    call(CPUS.get(), "flush");
  }

  private static Object get(Object owner, String field) {
    try {
      Field found = owner.getClass().getDeclaredField(field);
      found.setAccessible(true);
      return found.get(owner);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void set(Object owner, String field, int value) {
    try {
      Field found = owner.getClass().getDeclaredField(field);
      found.setAccessible(true);
      found.setInt(owner, value);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void call(Object owner, String method, Object... arguments) {
    try {
      Method found =
          Arrays.stream(owner.getClass().getDeclaredMethods())
              .filter(m -> m.getName().equals(method))
              .filter(m -> m.getParameterCount() == arguments.length)
              .findFirst()
              .orElseThrow();
      found.setAccessible(true);
      found.invoke(owner, arguments);
    } catch (InvocationTargetException e) {
      // An error that unwinds a task has to reach its end.
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  static void atOnce(AddressSpace mm, Runnable action) {
    action.run();
  }

  static void atOnceIfUnbinding(AddressSpace mm, Runnable action) {
    boolean unbinding =
        StackWalker.getInstance()
            .walk(frames -> frames.anyMatch(f -> f.getClassName().endsWith(".Unbinding")));
    if (unbinding) {
      action.run();
    } else {
      mm.callAfterGrace(action);
    }
  }

  static boolean getAlways(Kref references) {
    if (!references.getUnlessZero()) {
      references.init();
    }
    return true;
  }
}
