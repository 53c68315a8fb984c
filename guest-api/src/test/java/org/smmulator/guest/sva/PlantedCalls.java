package org.smmulator.guest.sva;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.MmuNotifier;
import org.smmulator.guest.sched.Kref;
import org.smmulator.guest.sched.TaskKilled;

/** What a {@link PlantedBug} calls in place of what is right. */
final class PlantedCalls {
  private PlantedCalls() {}

  static void nothing(AddressSpace mm) {}

  static void nothing(AddressSpace mm, MmuNotifier notifier) {}

  static void dropAndFree(DriverCalls driver, AddressSpace mm, MmContext context) {
    mm.drop();
    driver.free(mm, context);
  }

  static void publishAndRegister(IoMms ioMms, IoMm ioMm) {
    try {
      Method publish = IoMms.class.getDeclaredMethod("publish", IoMm.class);
      publish.setAccessible(true);
      publish.invoke(ioMms, ioMm);
      ioMm.mm().registerNotifier(ioMm);
    } catch (InvocationTargetException e) {
      // An error that unwinds a task has to reach its end.
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException | TaskKilled e) {
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
