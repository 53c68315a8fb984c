package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sva.PlantedFault.Thrown;

/**
 * An IOMMU driver may throw anything from any operation, before or after its effect, once or
 * always, at once or late. Whatever it does: every call of the manager ends, no device reaches a
 * freed frame, and once the devices are detached nothing is left.
 */
class ThrowingDriverTest {
  private static final List<String> OPERATIONS =
      List.of(
          "mmAlloc",
          "mmFree",
          "mmAttach",
          "mmDetach",
          "clearQuiet",
          "mmInvalidate",
          "pageResponse",
          "flushPageRequests",
          "hasPageRequestsFor");

  private static final List<String> REFUSABLE = List.of("mmAlloc", "mmAttach");

  static Stream<Arguments> faults() {
    List<Arguments> faults = new ArrayList<>();
    for (String operation : OPERATIONS) {
      for (boolean after : new boolean[] {false, true}) {
        for (Thrown thrown : Thrown.values()) {
          if (thrown != Thrown.REFUSAL || REFUSABLE.contains(operation)) {
            faults.add(arguments(operation, after, thrown, 1));
            faults.add(arguments(operation, after, thrown, 2));
            faults.add(arguments(operation, after, thrown, Integer.MAX_VALUE));
          }
        }
      }
    }
    return faults.stream();
  }

  @ParameterizedTest(name = "{0}, after its effect: {1}, {2}, {3} times")
  @MethodSource("faults")
  void leavesNothingBehind(String operation, boolean after, Thrown thrown, int calls) {
    int[] raised = {0};
    Scene.inOrders(
        5,
        scene -> {
          PlantedFault planted = new PlantedFault(scene, operation, after, thrown, calls);
          new Story(scene).tell(planted);
          raised[0] += planted.raised;
          boolean lostByTheDriver =
              (operation.equals("mmFree") && !after) || (operation.equals("mmAlloc") && after);
          if (lostByTheDriver) {
            scene.iommu.contexts.clear();
          }
          scene.assertNothingLeft(0);
        });
    assertThat(raised[0]).as("how often the driver threw").isPositive();
  }

  /** Three devices, two of them in one domain, and processes that come, change and go. */
  private static final class Story {
    private final Scene scene;
    private final List<IommuDevice> devices = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();

    Story(Scene scene) {
      this.scene = scene;
    }

    void tell(PlantedFault planted) throws IommuException {
      IommuDevice a = scene.device(1);
      IommuDevice b = scene.device(2);
      devices.addAll(List.of(a, b, scene.device(scene.iommu.plug(3, Scene.FULL, b), null)));
      AddressSpace dying = scene.process("dying");
      AddressSpace living = scene.process("living");
      bindAll(dying);
      scene.iommu.sabotage = planted;
      bindAll(living);
      start("exit", dying::putUser);
      start("unbind", () -> unbindAll(living));
      start("unmap", () -> living.munmap(Scene.pageOf(0), Scene.PAGE));
      start("age", () -> living.age(Scene.pageOf(1), Scene.PAGE));
      tasks.forEach(Task::join);
      bindAll(living);
      living.munmap(Scene.pageOf(1), Scene.PAGE);
      living.fork("child").putUser();
      living.putUser();
      devices.forEach(scene::detach);
      scene.iommu.sabotage = (operation, after) -> {};
      AddressSpace next = scene.process("next");
      IommuDevice fresh = scene.device(4);
      scene.quiesce(next);
      assertThat(scene.sva.bind(fresh, next, null)).as("PASID of a fresh bind").isEqualTo(1);
      next.putUser();
      scene.detach(fresh);
      scene.quiesce(next);
    }

    private void start(String name, org.assertj.core.api.ThrowableAssert.ThrowingCallable body) {
      tasks.add(scene.spawn(name, body));
    }

    private void bindAll(AddressSpace mm) {
      int group = 0;
      for (IommuDevice dev : devices) {
        try {
          int pasid = scene.sva.bind(dev, mm, null);
          for (int page = 0; page < 3; page++) {
            long va = Scene.pageOf(page);
            if (!scene.iommu.access(dev, pasid, va)) {
              scene.iommu.request(
                  new PageRequest(dev, pasid, va, group++, true, true, true, false, false));
            }
          }
        } catch (IommuException e) {
          assertThat(e.errno()).isIn(Errno.EIO, Errno.EBUSY, Errno.ENODEV);
        }
      }
    }

    private void unbindAll(AddressSpace mm) throws IommuException {
      for (IommuDevice dev : devices) {
        for (int pasid = 1; pasid < 5; pasid++) {
          try {
            scene.sva.unbind(dev, pasid, mm);
          } catch (IommuException e) {
            assertThat(e.errno()).isEqualTo(Errno.ESRCH);
          }
        }
      }
    }
  }

  @Test
  void anAttachThatThrowsWithItsCdLiveIsTakenBack() {
    for (Thrown thrown : Thrown.values()) {
      Scene.inManyOrders(
          scene -> {
            IommuDevice dev = scene.device(1);
            AddressSpace mm = scene.process("p");
            scene.whenAttached(dev, () -> {});
            scene.iommu.sabotage = new PlantedFault(scene, "mmAttach", true, thrown, 1);
            Errno errno = thrown == Thrown.REFUSAL ? Errno.EBUSY : Errno.EIO;
            Scene.assertRefused(errno, () -> scene.sva.bind(dev, mm, null));
            assertThat(scene.iommu.hasCd(dev, 1)).isFalse();
            assertThat(scene.iommu.access(dev, 1, Scene.pageOf(0))).isFalse();
            scene.quiesce(mm);
            assertThat(scene.sva.statistics().of(SvaCounter.DRIVER_FAILURES))
                .isEqualTo(thrown == Thrown.REFUSAL ? 0 : 1);
            assertThat(scene.failures).hasSize(thrown == Thrown.REFUSAL ? 0 : 1);
            assertThat(scene.failures).allMatch(said -> said.contains("driver's mmAttach failed"));
            scene.bindAndEnd(dev, mm);
          });
    }
  }

  @Test
  void anInvalidationThatFailsBlocksTheDomainAndTheUnmapEnds() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice bad = scene.device(1);
          IommuDevice good = scene.device(2);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(bad, mm, null);
          scene.sva.bind(good, mm, null);
          scene.iommu.access(bad, pasid, Scene.pageOf(0));
          scene.iommu.access(good, pasid, Scene.pageOf(0));
          scene.iommu.sabotage =
              new PlantedFault(scene, "mmInvalidate", false, Thrown.EXCEPTION, 2);
          // The fake IOMMU fails the story if a device still reaches the frame that is freed.
          mm.munmap(Scene.pageOf(0), Scene.PAGE);
          scene.touch(mm, Scene.pageOf(1));
          assertThat(scene.iommu.access(bad, pasid, Scene.pageOf(1))).isFalse();
          assertThat(scene.iommu.access(good, pasid, Scene.pageOf(0))).isFalse();
          assertThat(scene.iommu.access(good, pasid, Scene.pageOf(1))).isTrue();
          Scene.assertRefused(Errno.ENODEV, () -> scene.sva.bind(bad, mm, null));
          scene.sva.unbind(bad, pasid);
          mm.putUser();
          scene.detach(bad);
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void aDetachThatFailsKeepsThePasidUntilTheDeviceIsDetached() {
    for (boolean exit : new boolean[] {false, true}) {
      Scene.inManyOrders(
          scene -> {
            IommuDevice dev = scene.device(1);
            AddressSpace mm = scene.process("p");
            int pasid = scene.sva.bind(dev, mm, null);
            scene.iommu.access(dev, pasid, Scene.pageOf(0));
            scene.iommu.sabotage = new PlantedFault(scene, "mmDetach", false, Thrown.ASSERTION, 1);
            if (!exit) {
              scene.sva.unbind(dev, pasid);
            }
            mm.putUser();
            assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isFalse();
            scene.quiesce(mm);
            scene.assertNothingLeft(1);
            assertThat(scene.sva.statistics().of(SvaCounter.POSSIBLE_LEAKS)).isEqualTo(1);
            scene.sva.deviceGone(dev); // A reset does not tell what became of the CD.
            scene.assertNothingLeft(1);
            scene.detach(dev);
            scene.assertNothingLeft(0);
          });
    }
  }

  @Test
  void aQuietCdThatIsNotClearedIsTriedAgainWhenTheDeviceIsReset() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.sabotage = new PlantedFault(scene, "clearQuiet", false, Thrown.EXCEPTION, 2);
          mm.putUser();
          scene.quiesce(mm);
          scene.assertNothingLeft(1);
          scene.sva.deviceGone(dev);
          scene.assertNothingLeft(1);
          scene.sva.deviceGone(dev);
          assertThat(scene.iommu.hasCd(dev, pasid)).isFalse();
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void memoryThatNothingKeepsTheDeviceFromIsNeverUsedAgain() {
    for (String operation : List.of("mmInvalidate", "mmDetach")) {
      for (boolean exit : new boolean[] {false, true}) {
        Scene.inManyOrders(
            scene -> {
              IommuDevice dev = scene.device(1);
              AddressSpace mm = scene.process("p");
              scene.touch(mm, Scene.pageOf(1));
              int pasid = scene.sva.bind(dev, mm, null);
              scene.iommu.access(dev, pasid, Scene.pageOf(0));
              scene.iommu.access(dev, pasid, Scene.pageOf(1));
              scene.iommu.sabotage =
                  (called, after) -> {
                    if (called.equals(operation) || called.equals("block")) {
                      throw new IllegalStateException("nothing works");
                    }
                  };
              mm.munmap(Scene.pageOf(0), Scene.PAGE);
              if (!exit) {
                scene.sva.unbind(dev, pasid);
              }
              mm.munmap(Scene.pageOf(1), Scene.PAGE);
              mm.putUser();
              scene.quiesce(mm);
              assertThat(scene.spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES)).isEqualTo(1);
              assertThat(scene.sva.statistics().of(SvaCounter.BONDS)).isZero();
              assertThat(scene.sva.statistics().of(SvaCounter.IO_MMS)).isZero();
            });
      }
    }
  }

  @Test
  void aDriverThatCallsBackIsRefusedAndNothingHangs() {
    for (String operation : List.of("attach", "detach", "invalidate", "flush")) {
      Scene.inManyOrders(
          scene -> {
            IommuDevice dev = scene.device(1);
            IommuDevice other = scene.device(2);
            AddressSpace mm = scene.process("p");
            int[] calls = {0};
            scene.iommu.during =
                (called, device) -> {
                  if (called.equals(operation) && calls[0]++ == 0) {
                    Scene.assertRefused(Errno.EDEADLK, () -> scene.sva.bind(dev, mm, null));
                    Scene.assertRefused(Errno.EDEADLK, () -> scene.sva.bind(other, mm, null));
                    Scene.assertRefused(Errno.EDEADLK, () -> scene.sva.unbind(dev, 1));
                    Scene.assertRefused(Errno.EDEADLK, () -> scene.sva.unbind(dev, 1, mm));
                    assertThatIllegalState(() -> scene.sva.unbindAll(dev));
                    assertThatIllegalState(() -> scene.sva.deviceShutdown(dev));
                    scene.sva.deviceGone(other);
                  }
                };
            int pasid = scene.sva.bind(dev, mm, null);
            scene.sva.bind(other, mm, null);
            mm.munmap(Scene.pageOf(0), Scene.PAGE);
            scene.sva.unbind(dev, pasid);
            mm.putUser();
            assertThat(calls[0]).isPositive();
            scene.quiesce(mm);
            scene.assertNothingLeft(0);
            scene.sva.deviceShutdown(dev);
          });
    }
  }

  @Test
  void aDriverThatEndsTheProcessFromADetachDoesNotHang() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          IommuDevice other = scene.device(2);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.sva.bind(other, mm, null);
          boolean[] ended = {false};
          scene.iommu.during =
              (operation, device) -> {
                if (operation.equals("detach") && !ended[0]) {
                  ended[0] = true;
                  mm.putUser();
                }
              };
          scene.sva.unbind(dev, pasid);
          scene.sva.unbind(other, pasid);
          scene.quiesce(mm);
          assertThat(scene.sva.statistics().of(SvaCounter.BONDS)).isZero();
          assertThat(scene.sva.statistics().of(SvaCounter.IO_MMS)).isZero();
        });
  }

  private static void assertThatIllegalState(Runnable call) {
    org.assertj.core.api.Assertions.assertThatIllegalStateException().isThrownBy(call::run);
  }
}
