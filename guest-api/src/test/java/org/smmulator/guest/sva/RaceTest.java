package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.ResponseCode;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.sched.Task;

/**
 * Binds, unbinds, invalidations, page requests, accesses and deaths of processes at once. Whatever
 * the order: no frame is freed while a device can reach it, every step of the driver is legal, and
 * in the end nothing is left.
 */
class RaceTest {
  private static final int PROCESSES = 2;
  private static final int DEVICES = 3;
  private static final int PAGES = 3;

  private static final String IN_TIME = "an unbind succeeds";
  private static final String LATE = "an unbind finds no bond after the release";
  private static final String DURING = "an unbind comes during an mm_exit of its device";
  private static final String DEAD = "a page request finds its process dying";

  /** In how many orders what met. */
  private static final Map<String, Integer> MET = new TreeMap<>();

  static LongStream seeds() {
    return Scene.seeds(1_000);
  }

  @AfterAll
  static void everythingHasMet() {
    System.err.println("RaceTest: met " + MET);
    if (Long.getLong("smmulator.seed") == null) {
      assertThat(MET).containsOnlyKeys(IN_TIME, LATE, DURING, DEAD);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void endsWithNothingLeft(long seed) {
    PasidPolicy policy = seed % 2 == 0 ? PasidPolicy.LOWEST : PasidPolicy.CYCLIC;
    Scene.inOrder(seed, policy, scene -> new Race(scene, new SplittableRandom(seed)).run());
  }

  private static final class Race {
    private final Scene scene;
    private final SplittableRandom random;
    private final List<IommuDevice> devices = new ArrayList<>();
    private final List<AddressSpace> processes = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();
    private final List<IommuDevice> exiting = new ArrayList<>();
    private final Set<String> met = new TreeSet<>();

    Race(Scene scene, SplittableRandom random) {
      this.scene = scene;
      this.random = random;
    }

    void run() throws IommuException {
      for (int d = 1; d <= DEVICES; d++) {
        // The last two devices share a domain.
        IommuDevice sharing = d == DEVICES ? devices.get(d - 2) : null;
        devices.add(scene.device(scene.iommu.plug(d, Scene.FULL, sharing), handler()));
      }
      for (int p = 0; p < PROCESSES; p++) {
        processes.add(scene.process("p" + p));
      }
      for (AddressSpace mm : processes) {
        for (IommuDevice dev : devices) {
          SplittableRandom choices = random.split();
          mm.getUser();
          start("use " + dev + " for " + mm, () -> use(dev, mm, choices));
        }
        SplittableRandom choices = random.split();
        start("life of " + mm, () -> live(mm, choices));
      }
      // Kept for the address of a structure only, not as a user.
      AddressSpace any = processes.get(0);
      any.grab();
      tasks.forEach(Task::join);
      scene.quiesce(any);
      long confirmed =
          scene.sva.statistics().of(SvaCounter.MM_EXITS)
              - scene.sva.statistics().of(SvaCounter.MM_EXIT_FAILURES);
      assertThat(confirmed).isNotNegative();
      for (IommuDevice dev : devices) {
        scene.sva.deviceShutdown(dev);
        scene.sva.deviceGone(dev);
      }
      any.drop();
      scene.quiesce(any);
      scene.assertNothingLeft(0);
      if (scene.iommu.responses.stream().anyMatch(r -> r.code() == ResponseCode.INVALID)) {
        met.add(DEAD);
      }
      met.forEach(meeting -> MET.merge(meeting, 1, Integer::sum));
    }

    private MmExitHandler handler() {
      SplittableRandom choices = random.split();
      return (dev, pasid, drvdata) -> {
        exiting.add(dev);
        scene.sched.sleep(choices.nextInt(2) == 0 ? 5 : 3 * Scene.DEADLINE / 2);
        exiting.remove(dev);
        return choices.nextInt(3) == 0 ? -1 : 0;
      };
    }

    private void start(String name, org.assertj.core.api.ThrowableAssert.ThrowingCallable body) {
      tasks.add(scene.spawn(name, body));
    }

    /** A device driver: binds for as long as it is a user, and unbinds before or after. */
    private void use(IommuDevice dev, AddressSpace mm, SplittableRandom choices)
        throws IommuException {
      int rounds = 1 + choices.nextInt(2);
      for (int i = 0; i < rounds; i++) {
        int pasid = scene.sva.bind(dev, mm, null);
        if (choices.nextInt(4) == 0) {
          assertThat(scene.sva.bind(dev, mm, null)).isEqualTo(pasid);
          scene.sva.unbind(dev, pasid, mm);
        }
        work(dev, pasid, choices);
        if (i < rounds - 1) {
          scene.sva.unbind(dev, pasid, mm);
        } else if (choices.nextInt(2) == 0) {
          mm.putUserAsync();
          // Sometimes the exit has all the time that it needs.
          scene.sched.sleep(2 * Scene.DEADLINE * choices.nextInt(3));
          unbindLate(dev, pasid, mm);
          return;
        }
      }
      mm.putUserAsync();
    }

    private void unbindLate(IommuDevice dev, int pasid, AddressSpace mm) {
      boolean during = exiting.contains(dev);
      try {
        scene.sva.unbind(dev, pasid, mm);
        met.add(during ? DURING : IN_TIME);
      } catch (IommuException e) {
        assertThat(e.errno()).isEqualTo(Errno.ESRCH);
        met.add(LATE);
      }
    }

    private void work(IommuDevice dev, int pasid, SplittableRandom choices) {
      for (int i = 0; i < 3; i++) {
        long va = Scene.pageOf(choices.nextInt(PAGES));
        if (!scene.iommu.access(dev, pasid, va)) {
          boolean last = choices.nextInt(4) != 0;
          scene.iommu.request(new PageRequest(dev, pasid, va, i, last, true, true, false, false));
        }
        scene.execution.yieldPoint();
      }
    }

    /** The process changes its memory, and dies some time. */
    private void live(AddressSpace mm, SplittableRandom choices) {
      for (int i = 0; i < 4; i++) {
        long va = Scene.pageOf(choices.nextInt(PAGES));
        switch (choices.nextInt(5)) {
          case 0 -> mm.munmap(va, Scene.PAGE);
          case 1 -> mm.dontNeed(va, Scene.PAGE);
          case 2 -> mm.age(va, Scene.PAGE);
          case 3 -> mm.fork("child").putUser();
          default -> mm.mmapFixed(va, Scene.PAGE, Prot.READ_WRITE);
        }
      }
      mm.putUser();
    }
  }
}
