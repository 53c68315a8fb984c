package org.smmulator.machine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.At;
import org.smmulator.config.DeviceStep;
import org.smmulator.config.Expect;
import org.smmulator.config.MemoryStep;
import org.smmulator.config.Parallel;
import org.smmulator.config.Repeat;
import org.smmulator.config.Step;
import org.smmulator.config.StepCases;
import org.smmulator.config.StepWords;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.GuestPrograms;
import org.smmulator.guest.ProgramRun;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.machine.ScenarioProcess.Binding;
import org.smmulator.machine.ScenarioStreams.Running;
import org.smmulator.pcie.InjectionPoint;
import org.smmulator.record.EventKind;

/**
 * Does single steps, of a scenario or by hand, on tasks of the guest. Those of a scenario's own
 * list, and those by hand, change the processes one at a time, and wait for DMA beside the others;
 * those {@link #beside} them meet them wherever the kernel lets them. A step that cannot be done
 * says so in one sentence. Each object is used by one task at a time.
 */
final class GuestSteps implements StepCases<ScenarioException> {
  /** What must be so when a step's turn has come. */
  interface Condition {
    void require() throws ScenarioException;
  }

  /** What is recorded as a step. */
  interface Action {
    void run() throws ScenarioException;
  }

  private final ScenarioGuest guest;
  private final GuestKernel kernel;
  private final long seed;
  private final Board board;
  private final DeviceSteps devices;
  private final boolean takesTurns;

  /** What the step waits for when it is over. */
  private List<Running> waitedFor = List.of();

  private ScenarioPrograms.@Nullable Running waitedProgram;

  /** What a step waits for when it is over. */
  private record Waiting(List<Running> streams, ScenarioPrograms.@Nullable Running program) {}

  /**
   * @param seed of address streams and contents
   * @param board told which process a PASID is of, and where faults are planted
   */
  GuestSteps(ScenarioGuest guest, long seed, Board board) {
    this(guest, seed, board, new DeviceSteps(guest), true);
  }

  private GuestSteps(
      ScenarioGuest guest, long seed, Board board, DeviceSteps devices, boolean takesTurns) {
    this.guest = guest;
    this.kernel = guest.kernel();
    this.seed = seed;
    this.board = board;
    this.devices = devices;
    this.takesTurns = takesTurns;
  }

  /** For another task, whose steps wait for nobody else's. */
  GuestSteps beside() {
    guest.haveCompany();
    return new GuestSteps(guest, seed, board, devices, false);
  }

  ScenarioGuest guest() {
    return guest;
  }

  /**
   * Does a step; what it does, down to the devices, it is the cause of.
   *
   * @return the streams that it ran or waited for
   */
  List<Running> run(Step step, long number, Condition condition) throws ScenarioException {
    List<Running> waited = new ArrayList<>();
    recorded(
        step,
        number,
        () -> {
          Waiting waiting = change(step, condition);
          waited.addAll(waiting.streams);
          ScenarioStreams.join(waited);
          if (waiting.program != null) {
            join(waiting.program);
          }
        });
    return waited;
  }

  /** What an action does, down to the devices, the step is the cause of. */
  void recorded(Step step, long number, Action action) throws ScenarioException {
    Sched sched = kernel.sched();
    int words = sched.name(StepWords.of(step));
    long outer = sched.begin(EventKind.STEP_BEGINS, words, number, StepWords.pages(step), 0);
    try {
      action.run();
    } finally {
      sched.end(EventKind.STEP_ENDS, outer, words, 0);
      sched.recorder().deliver(); // so that it can be read while the next one goes on
    }
  }

  private Waiting change(Step step, Condition condition) throws ScenarioException {
    if (!takesTurns) {
      return changed(step, condition);
    }
    guest.changing().lock();
    try {
      return changed(step, condition);
    } finally {
      guest.changing().unlock();
    }
  }

  private Waiting changed(Step step, Condition condition) throws ScenarioException {
    condition.require();
    waitedFor = List.of();
    waitedProgram = null;
    step.choose(this);
    return new Waiting(waitedFor, waitedProgram);
  }

  /** When its turn has come, without a step. */
  void inTurn(Condition condition) throws ScenarioException {
    guest.changing().lock();
    try {
      condition.require();
    } finally {
      guest.changing().unlock();
    }
  }

  /** Waits for all streams in the background. */
  void joinBackground() throws ScenarioException {
    ScenarioStreams.join(guest.streams().inBackground());
  }

  @Override
  public void startProcess(Step.StartProcess step) throws ScenarioException {
    guest.requireNew(step.name());
    GuestProcess process = kernel.startProcess(step.name());
    long base = process.mm().mmap(bytes(step.pages()), Prot.READ_WRITE);
    guest.add(
        step.name(),
        new ScenarioProcess(
            kernel.sched(), process, base, new BufferModel(kernel.sched(), step.pages())));
  }

  @Override
  public void bind(Step.Bind step) throws ScenarioException {
    ScenarioProcess process = guest.process(step.process());
    for (PciAddress id : step.devices()) {
      DmaEngine engine = guest.arrivals().engine(id);
      try {
        EngineQueue queue = new EngineQueue(kernel, engine, engine.open(process.mm()));
        board.rootComplex().namePasid(step.process(), queue.pasid());
        process.bound(new Binding(kernel.sched(), queue));
      } catch (IommuException e) {
        if (process.isEnding()) {
          return;
        }
        throw new ScenarioException(step + ": " + e.getMessage(), e);
      }
    }
  }

  @Override
  public void dma(Step.Dma step) throws ScenarioException {
    List<Running> started = new ArrayList<>();
    for (String name : step.processes()) {
      ScenarioProcess process = guest.process(name);
      List<Binding> bindings = new ArrayList<>();
      for (PciAddress id : step.devices()) {
        Binding binding = binding(process, id);
        if (binding != null) {
          bindings.add(binding);
        }
      }
      AddressStream addresses =
          new AddressStream(
              seed + step.seedOffset(), step.mix(), step.page(), step.pages(), step.bytes());
      DmaOutcomes outcomes = new DmaOutcomes();
      DmaStream stream =
          new DmaStream(kernel.sched(), process, bindings, addresses, guest.check(), outcomes);
      Task task = kernel.sched().spawn("dma " + name, () -> stream.run(step.operations()));
      long planned = (long) step.operations() * bindings.size();
      started.add(new Running(task, stream, step, planned, outcomes));
    }
    guest.streams().started(started, step.background());
    if (step.background() == null) {
      waitedFor = started;
    }
  }

  @Override
  public void await(Step.Wait step) {
    waitedFor = guest.streams().take(step.background());
    waitedProgram = guest.programs().take(step.background());
  }

  @Override
  public void program(Step.Program step) throws ScenarioException {
    ScenarioProcess process = guest.process(step.process());
    ProgramRun run;
    try {
      run = kernel.run(process.process(), GuestPrograms.offered().named(step.name()));
    } catch (IllegalArgumentException e) {
      throw new ScenarioException(e.getMessage() + "; --plugins brings those of a folder", e);
    } catch (IllegalStateException e) {
      throw new ScenarioException(String.valueOf(e.getMessage()), e);
    }
    Task ended = kernel.sched().spawn("program " + step.name(), run::join);
    ScenarioPrograms.Running running = new ScenarioPrograms.Running(ended, run);
    if (step.background() == null) {
      waitedProgram = running;
    } else {
      guest.programs().started(step.background(), running);
    }
  }

  /** Waits for the end of a program, which may have ended its process. */
  private void join(ScenarioPrograms.Running program) throws ScenarioException {
    Throwable failure = program.join();
    ProgramRun run = program.run();
    for (ScenarioProcess process : guest.processes().values()) {
      if (process.process() == run.process() && !run.process().isAlive()) {
        process.end();
        process.bindings().forEach(Binding::close);
        process.bindings().clear();
      }
    }
    if (failure != null) {
      throw new ScenarioException(program.ended().name() + " failed: " + failure, failure);
    }
  }

  @Override
  public void detachDomain(Step.DetachDomain step) throws ScenarioException {
    List<Binding> ended = guest.endBindings(step.device());
    kernel.detachDomain(step.device());
    ended.forEach(Binding::close);
  }

  @Override
  public void unplug(Step.Unplug step) throws ScenarioException {
    List<Binding> ended = guest.endBindings(step.device());
    board.unplug(step.device());
    guest.arrivals().awaitGone(step.device());
    ended.forEach(Binding::close);
  }

  @Override
  public void inject(Step.Inject step) throws ScenarioException {
    if (!board.inject(step)) {
      throw new ScenarioException(
          InjectionPoint.MOST + " faults wait for theirs to come; let some of them happen", null);
    }
  }

  @Override
  public void write(Step.Write step) throws ScenarioException {
    guest.steps(step.process()).write(step, seed);
  }

  @Override
  public void munmap(Step.Munmap step) throws ScenarioException {
    guest.steps(step.process()).munmap(step);
  }

  @Override
  public void mprotect(Step.Mprotect step) throws ScenarioException {
    guest.steps(step.process()).mprotect(step);
  }

  @Override
  public void age(Step.Age step) throws ScenarioException {
    guest.steps(step.process()).age(step);
  }

  @Override
  public void memory(MemoryStep step) throws ScenarioException {
    step.chooseMemory(guest.steps(step.process()));
  }

  @Override
  public void device(DeviceStep step) throws ScenarioException {
    step.chooseDevice(devices);
  }

  @Override
  public void fork(Step.Fork step) throws ScenarioException {
    guest.requireNew(step.child());
    ScenarioProcess child = guest.steps(step.process()).fork(step);
    if (child != null) {
      guest.add(step.child(), child);
    }
  }

  @Override
  public void unbind(Step.Unbind step) throws ScenarioException {
    Binding binding = lastBinding(guest.process(step.process()), step.device());
    if (binding != null) {
      guest.steps(step.process()).unbind(binding);
    }
  }

  @Override
  public void unbindWhileBusy(Step.UnbindWhileBusy step) throws ScenarioException {
    Binding binding = binding(guest.process(step.process()), step.device());
    if (binding != null) {
      guest.steps(step.process()).unbindWhileBusy(binding);
    }
  }

  @Override
  public void kill(Step.Kill step) throws ScenarioException {
    guest.steps(step.process()).kill(guest.streams().workOn(step.process()));
  }

  @Override
  public void exit(Step.Exit step) throws ScenarioException {
    guest.steps(step.process()).exit(step.unbind());
  }

  @Override
  public void verify(Step.Verify step) throws ScenarioException {
    guest.steps(step.process()).verify();
  }

  @Override
  public void expect(Expect step) {
    throw noSingleStep(step);
  }

  @Override
  public void repeat(Repeat step) {
    throw noSingleStep(step);
  }

  @Override
  public void parallel(Parallel step) {
    throw noSingleStep(step);
  }

  @Override
  public void at(At step) {
    throw noSingleStep(step);
  }

  private static IllegalStateException noSingleStep(Step step) {
    return new IllegalStateException(step.word() + " is for who runs lists of steps");
  }

  /** The first, which streams use; null as {@link #lastBinding}. */
  private @Nullable Binding binding(ScenarioProcess process, PciAddress id)
      throws ScenarioException {
    List<Binding> all = guest.bindings(process, id);
    return all.isEmpty() ? null : all.get(0);
  }

  /** Null if others have just taken the device away from the process, or ended that. */
  private @Nullable Binding lastBinding(ScenarioProcess process, PciAddress id)
      throws ScenarioException {
    List<Binding> all = guest.bindings(process, id);
    return all.isEmpty() ? null : all.get(all.size() - 1);
  }

  private static long bytes(int pages) {
    return (long) pages * BufferModel.PAGE_BYTES;
  }
}
