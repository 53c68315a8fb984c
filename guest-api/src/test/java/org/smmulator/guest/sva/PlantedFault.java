package org.smmulator.guest.sva;

import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;

/** Throws from one operation of the fake IOMMU's driver, at its first calls. */
final class PlantedFault implements FakeIommu.Sabotage {
  /** What an operation throws; each time another object, as each has its own stack. */
  enum Thrown {
    EXCEPTION {
      @Override
      void raise() {
        throw new IllegalStateException("a bug of the IOMMU's driver");
      }
    },
    ASSERTION {
      @Override
      void raise() {
        throw new AssertionError("a broken invariant of the IOMMU's driver");
      }
    },
    ERROR {
      @Override
      void raise() {
        throw new StackOverflowError();
      }
    },
    REFUSAL {
      @Override
      void raise() throws IommuException {
        throw new IommuException(Errno.EBUSY, "the driver refuses");
      }
    };

    abstract void raise() throws IommuException;
  }

  private final Scene scene;
  private final String operation;
  private final boolean after;
  private final boolean late;
  private final Thrown thrown;
  private int left;
  int raised;

  PlantedFault(Scene scene, String operation, boolean after, Thrown thrown, int calls) {
    this.scene = scene;
    this.operation = operation;
    this.after = after;
    this.late = calls % 2 == 0;
    this.thrown = thrown;
    this.left = calls;
  }

  @Override
  public void at(String called, boolean isAfter) throws IommuException {
    if (left == 0 || isAfter != after || !called.equals(operation)) {
      return;
    }
    left--;
    raised++;
    if (late) {
      // Atomic context, perhaps: waits as for hardware.
      scene.execution.park(scene.sched.nanoTime() + 2 * Scene.DEADLINE);
    }
    thrown.raise();
  }
}
