package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.smmulator.counter.Counts;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.explore.Meetings;
import org.smmulator.guest.Explored;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.AddressSpaces;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sched.WaitQueue;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;

/** A kernel with real address spaces, the manager under test and a fake IOMMU. */
final class Scene {
  /** A story, told once for each seed. */
  interface Story {
    void tell(Scene scene) throws Exception;
  }

  /** A story that reports what met in it. */
  interface MeetingStory {
    void tell(Scene scene, Meetings meetings) throws Exception;
  }

  static final long PAGE = 4096;
  static final SvaOptions ANY = new SvaOptions(true, 0, 0);
  static final FakeAts FULL = new FakeAts(16, true);
  static final long DEADLINE = 1_000_000;

  private static final long RAM = 0x4000_0000L;
  private static final int FRAMES = 160;
  private static final int ORDERS = 40;

  final DeterministicExecution execution;
  final Sched sched;
  final SmallMemory memory;
  final AddressSpaces spaces;
  final FrameAllocator frames;
  final FakeIommu iommu;
  final IoMmManager sva;

  /** What the kernel said of itself that it failed of. */
  final List<String> failures = new ArrayList<>();

  private final Recorder recorder = new Recorder();
  private final List<String> events = new ArrayList<>();
  private final WaitQueue changed;
  private final long framesAtStart;

  private Scene(DeterministicExecution execution, PasidPolicy policy) {
    this.execution = execution;
    sched = new Sched(execution, recorder, failures::add);
    memory = new SmallMemory(RAM, FRAMES * (int) PAGE);
    iommu = new FakeIommu(sched, memory);
    frames =
        new FrameAllocator(
            sched, memory, iommu, new FrameAllocator.Config(RAM, FRAMES * PAGE, false, 0, false));
    spaces = new AddressSpaces(sched, frames);
    sva = new IoMmManager(sched, iommu, policy, DEADLINE, true);
    changed = sched.waitQueue("test");
    framesAtStart = frames.freeFrames();
  }

  /** From now on {@link #events} grows. */
  void listen() {
    recorder.addReader(new Listener());
  }

  /** From now on somebody else is told as well; by {@link #events} at the latest. */
  void listen(EventReader reader) {
    recorder.addReader(reader);
  }

  /** What the kernel told of itself since {@link #listen}, in order: "task: KIND". */
  List<String> events() {
    recorder.deliver();
    return events;
  }

  private final class Listener implements EventReader {
    @Override
    public Detail detail() {
      return Detail.CHANGES;
    }

    @Override
    public void event(RecordedEvent event) {
      String callback = event.kind() == EventKind.NOTIFIER_BEGINS ? " " + event.name(1) : "";
      events.add(event.who() + ": " + event.kind() + callback);
    }
  }

  /** Tells a story in a number of orders, or in that of -Dsmmulator.seed. */
  static void inManyOrders(Story story) {
    inOrders(ORDERS, story);
  }

  /** As above in more orders, for a meeting that is rare. */
  static void inOrders(int orders, Story story) {
    seeds(orders).forEach(seed -> inOrder(seed, PasidPolicy.LOWEST, story));
  }

  static void inOrder(long seed, PasidPolicy policy, Story story) {
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(
        () -> {
          try {
            Scene scene = new Scene(execution, policy);
            story.tell(scene);
            scene.assertNothingBroke();
          } catch (RuntimeException e) {
            throw e;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  static LongStream seeds(int count) {
    Long only = Long.getLong("smmulator.seed");
    return only == null ? LongStream.range(0, count) : LongStream.of(only);
  }

  /**
   * Tells a story in every order that is so many delays away from the default one, and in others
   * that priorities and uniform choice draw; fails if one of its meetings never happens.
   */
  static void explore(int delays, MeetingStory story, String... meetings) {
    Explored.story(
        delays,
        (execution, met) -> {
          Scene scene = new Scene(execution, PasidPolicy.LOWEST);
          story.tell(scene, met);
          scene.assertNothingBroke();
        },
        meetings);
  }

  /**
   * Runs the bodies against each other, as tasks of these names; theirs are the orders explored.
   */
  void race(Map<String, ThrowingCallable> bodies) {
    settle();
    List<Task> tasks = new ArrayList<>();
    bodies.forEach((name, body) -> tasks.add(spawn(name, body)));
    execution.raceBegins();
    tasks.forEach(Task::join);
    execution.raceEnds();
    assertNothingBroke();
  }

  /** As above, two of them. */
  void race(String one, ThrowingCallable body, String other, ThrowingCallable otherBody) {
    Map<String, ThrowingCallable> bodies = new LinkedHashMap<>();
    bodies.put(one, body);
    bodies.put(other, otherBody);
    race(bodies);
  }

  /** Unbinds; whether there was something to unbind. */
  boolean unbinds(IommuDevice dev, int pasid) {
    try {
      sva.unbind(dev, pasid);
      return true;
    } catch (IommuException e) {
      assertThat(e.errno()).isEqualTo(Errno.ESRCH);
      return false;
    }
  }

  /** How often notifiers were told that an address space is released. */
  long releases() {
    return spaces.notifierCalls().of(NotifierCall.RELEASE);
  }

  /** An address space that has exited is gone, and its context was freed once. */
  void assertOneEnd(AddressSpace mm) {
    quiesce(mm);
    assertThat(mm.areFramesRetained()).as("a notifier's callback failed").isFalse();
    assertThat(iommu.contextsFreed).as("contexts freed").isEqualTo(1);
    assertNothingLeft(0);
  }

  /** A device that takes part, with a driver whose mm_exit says at once that it stopped. */
  IommuDevice device(int streamId) throws IommuException {
    return device(streamId, (dev, pasid, drvdata) -> 0);
  }

  IommuDevice device(int streamId, @Nullable MmExitHandler mmExit) throws IommuException {
    return device(iommu.plug(streamId, FULL, null), mmExit);
  }

  IommuDevice device(IommuDevice device, @Nullable MmExitHandler mmExit) throws IommuException {
    sva.deviceInit(device, ANY, mmExit == null ? null : watched(mmExit));
    return device;
  }

  /**
   * The kernel survives a driver that throws; a check in one of a test must be heard all the same.
   */
  private MmExitHandler watched(MmExitHandler handler) {
    return (dev, pasid, drvdata) -> {
      try {
        return handler.mmExit(dev, pasid, drvdata);
      } catch (AssertionError e) {
        iommu.broken.add(e);
        throw e;
      }
    };
  }

  /** No check failed in a place whose caller goes on. */
  void assertNothingBroke() {
    for (AssertionError failed : iommu.broken) {
      throw new AssertionError(failed.getMessage(), failed);
    }
  }

  /** A process with one resident page at the address returned by {@link #pageOf}. */
  AddressSpace process(String name) {
    AddressSpace mm = spaces.create(name);
    mm.mmapFixed(pageOf(0), 4 * PAGE, Prot.READ_WRITE);
    touch(mm, pageOf(0));
    return mm;
  }

  static long pageOf(int index) {
    return 0x20_0000L + index * PAGE;
  }

  void touch(AddressSpace mm, long va) {
    try {
      mm.write(va, new byte[] {1}, 0, 1);
    } catch (SegmentationFault e) {
      throw new AssertionError(e);
    }
  }

  /** Runs the body as a task; errors of an operation fail the story. */
  Task spawn(String name, ThrowingCallable body) {
    return sched.spawn(
        name,
        () -> {
          try {
            body.call();
          } catch (RuntimeException | Error e) {
            throw e;
          } catch (Throwable e) {
            throw new AssertionError(e);
          } finally {
            changed.wakeAll();
          }
        });
  }

  /** Waits for something that another task does. */
  void until(BooleanSupplier condition) {
    changed.await(condition, Long.MAX_VALUE);
  }

  /** To be called after something that {@link #until} may wait for. */
  void happened() {
    changed.wakeAll();
  }

  /** Virtual time passes: every other task has run as far as it can. */
  void settle() {
    sched.sleep(1);
  }

  /** Whoever waits for grace periods and asynchronous ends of address spaces has got them. */
  void quiesce(AddressSpace any) {
    spaces.flushAsyncPuts();
    boolean[] over = {false};
    any.callAfterGrace(
        () -> {
          over[0] = true;
          happened();
        });
    until(() -> over[0]);
  }

  /** The last process exits, and nothing of any is left. */
  void end(AddressSpace mm) {
    mm.putUser();
    quiesce(mm);
    assertNothingLeft(0);
  }

  /** As if nothing had been bound before: the first PASID is free, and nothing is left. */
  void bindAndEnd(IommuDevice dev, AddressSpace mm) throws IommuException {
    int pasid = sva.bind(dev, mm, null);
    assertThat(pasid).as("what was refused took no PASID").isEqualTo(1);
    sva.unbind(dev, pasid);
    end(mm);
  }

  /** A device is detached as when it leaves or is given to another driver. */
  void detach(IommuDevice dev) {
    sva.deviceShutdown(dev);
    iommu.detachDevice(dev);
    sva.deviceGone(dev);
  }

  /** The moment that the device's CD is live, while the bind goes on; the device starts at once. */
  void whenAttached(IommuDevice dev, Runnable then) {
    iommu.during =
        (operation, device) -> {
          if (operation.equals("attached")) {
            assertThat(iommu.access(dev, 1, pageOf(0))).isTrue();
            then.run();
          }
        };
  }

  /** Nothing of any process is left. */
  void assertNothingLeft(int quarantined) {
    Counts<SvaCounter> now = sva.statistics();
    assertThat(now.of(SvaCounter.BONDS)).as("bonds left").isZero();
    assertThat(now.of(SvaCounter.IO_MMS)).as("io_mms left").isZero();
    assertThat(now.of(SvaCounter.PASIDS_LIVE)).as("PASIDs in use").isZero();
    assertThat(now.of(SvaCounter.PASIDS_QUARANTINED))
        .as("PASIDs in quarantine")
        .isEqualTo(quarantined);
    assertThat(iommu.contexts).as("contexts not freed").isEmpty();
    assertThat(spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES))
        .as("address spaces alive")
        .isZero();
    assertThat(frames.freeFrames()).as("free frames").isEqualTo(framesAtStart);
  }

  static void assertRefused(Errno errno, ThrowingCallable call) {
    assertThat(catchThrowable(call))
        .isInstanceOfSatisfying(
            IommuException.class, refusal -> assertThat(refusal.errno()).isEqualTo(errno));
  }

  List<String> log() {
    return iommu.log;
  }
}
