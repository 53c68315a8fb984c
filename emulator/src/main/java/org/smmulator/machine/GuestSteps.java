package org.smmulator.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.At;
import org.smmulator.config.DeviceStep;
import org.smmulator.config.Expect;
import org.smmulator.config.MemoryStep;
import org.smmulator.config.Parallel;
import org.smmulator.config.Repeat;
import org.smmulator.config.Step;
import org.smmulator.config.StepByHand;
import org.smmulator.config.StepCases;
import org.smmulator.config.StepWords;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.GuestPrograms;
import org.smmulator.guest.ProgramRun;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.PciDevice;
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

  private final GuestKernel kernel;
  private final long seed;
  private final DataCheck check;
  private final DeviceArrivals arrivals;
  private final DeviceSteps devices;

  /** One step at a time has it; others look at it. */
  private final Map<String, ScenarioProcess> processes;

  private final ScenarioStreams streams;
  private final ScenarioPrograms programs;
  private final Board board;

  /** Not one of the guest's: in a run that a seed orders nobody else ever wants it. */
  private final ReentrantLock changing;

  /** Whether others that do not take turns have ever done a step. */
  private final AtomicBoolean company;

  private final boolean takesTurns;

  /** What the step waits for when it is over. */
  private List<Running> waitedFor = List.of();

  private ScenarioPrograms.@Nullable Running waitedProgram;

  /** What a step waits for when it is over. */
  private record Waiting(List<Running> streams, ScenarioPrograms.@Nullable Running program) {}

  /**
   * @param seed of address streams and contents
   * @param attachTimeoutMillis wait for a device that a step names
   * @param board told which process a PASID is of, and where faults are planted
   */
  GuestSteps(GuestKernel kernel, long seed, int attachTimeoutMillis, DataCheck check, Board board) {
    this.kernel = kernel;
    this.seed = seed;
    this.check = check;
    this.arrivals = new DeviceArrivals(kernel, attachTimeoutMillis);
    this.devices = new DeviceSteps(kernel, check, arrivals, this);
    this.board = board;
    this.processes = Collections.synchronizedMap(new LinkedHashMap<>());
    this.streams = new ScenarioStreams();
    this.programs = new ScenarioPrograms();
    this.changing = new ReentrantLock();
    this.company = new AtomicBoolean();
    this.takesTurns = true;
  }

  private GuestSteps(GuestSteps others) {
    this.kernel = others.kernel;
    this.seed = others.seed;
    this.check = others.check;
    this.arrivals = others.arrivals;
    this.devices = others.devices;
    this.board = others.board;
    this.processes = others.processes;
    this.streams = others.streams;
    this.programs = others.programs;
    this.changing = others.changing;
    this.company = others.company;
    this.takesTurns = false;
  }

  /** For another task, whose steps wait for nobody else's. */
  GuestSteps beside() {
    company.set(true);
    return new GuestSteps(this);
  }

  GuestKernel kernel() {
    return kernel;
  }

  /** The processes so far, by name; callable from any thread. */
  Map<String, ScenarioProcess> processes() {
    synchronized (processes) {
      return new LinkedHashMap<>(processes);
    }
  }

  ScenarioStreams streams() {
    return streams;
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
    changing.lock();
    try {
      return changed(step, condition);
    } finally {
      changing.unlock();
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
    changing.lock();
    try {
      condition.require();
    } finally {
      changing.unlock();
    }
  }

  /** Tells the rules of a next step how things stand; for the one whose turn it is. */
  void tell(StepByHand rules) {
    for (PciDevice device : kernel.pci().devices()) {
      DrivenDevice driven = kernel.driven(device.address());
      if (driven != null) {
        rules.device(device.address(), driven instanceof DmaEngine engine ? engine.queues() : 0);
      }
    }
    processes().forEach((name, process) -> tell(rules, name, process));
    streams.tell(rules::stream);
    programs.names().forEach(rules::program);
  }

  private static void tell(StepByHand rules, String name, ScenarioProcess process) {
    if (process.isEnding() || !process.process().isAlive()) {
      rules.ended(name);
      return;
    }
    List<PciAddress> bound = new ArrayList<>();
    for (Binding binding : process.bindings()) {
      if (!binding.isEnding()) {
        bound.add(binding.queue().device());
      }
    }
    rules.living(name, process.model().pages(), bound);
  }

  /** Waits for all streams in the background. */
  void joinBackground() throws ScenarioException {
    ScenarioStreams.join(streams.inBackground());
  }

  private ProcessSteps steps(String process) throws ScenarioException {
    return new ProcessSteps(kernel.sched(), process(process), check);
  }

  @Override
  public void startProcess(Step.StartProcess step) throws ScenarioException {
    requireNew(step.name());
    GuestProcess process = kernel.startProcess(step.name());
    long base = process.mm().mmap(bytes(step.pages()), Prot.READ_WRITE);
    processes.put(
        step.name(),
        new ScenarioProcess(
            kernel.sched(), process, base, new BufferModel(kernel.sched(), step.pages())));
  }

  @Override
  public void bind(Step.Bind step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
    for (PciAddress id : step.devices()) {
      DmaEngine engine = arrivals.engine(id);
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
      ScenarioProcess process = process(name);
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
          new DmaStream(kernel.sched(), process, bindings, addresses, check, outcomes);
      Task task = kernel.sched().spawn("dma " + name, () -> stream.run(step.operations()));
      long planned = (long) step.operations() * bindings.size();
      started.add(new Running(task, stream, step, planned, outcomes));
    }
    streams.started(started, step.background());
    if (step.background() == null) {
      waitedFor = started;
    }
  }

  @Override
  public void await(Step.Wait step) {
    waitedFor = streams.take(step.background());
    waitedProgram = programs.take(step.background());
  }

  @Override
  public void program(Step.Program step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
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
      programs.started(step.background(), running);
    }
  }

  /** Waits for the end of a program, which may have ended its process. */
  private void join(ScenarioPrograms.Running program) throws ScenarioException {
    Throwable failure = program.join();
    ProgramRun run = program.run();
    for (ScenarioProcess process : processes().values()) {
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
    List<Binding> ended = endBindings(step.device());
    kernel.detachDomain(step.device());
    ended.forEach(Binding::close);
  }

  @Override
  public void unplug(Step.Unplug step) throws ScenarioException {
    List<Binding> ended = endBindings(step.device());
    board.unplug(step.device());
    arrivals.awaitGone(step.device());
    ended.forEach(Binding::close);
  }

  /** Of every process with a device; in the middle of DMA, if a stream works on it. */
  List<Binding> endBindings(PciAddress device) throws ScenarioException {
    List<Binding> ended = new ArrayList<>();
    for (Map.Entry<String, ScenarioProcess> entry : processes().entrySet()) {
      for (Binding binding : entry.getValue().bindings()) {
        if (binding.queue().device().equals(device)) {
          if (streams.workOn(entry.getKey())) {
            steps(entry.getKey()).awaitBusy(binding);
          }
          binding.end();
          entry.getValue().bindings().remove(binding);
          ended.add(binding);
        }
      }
    }
    return ended;
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
    steps(step.process()).write(step, seed);
  }

  @Override
  public void munmap(Step.Munmap step) throws ScenarioException {
    steps(step.process()).munmap(step);
  }

  @Override
  public void mprotect(Step.Mprotect step) throws ScenarioException {
    steps(step.process()).mprotect(step);
  }

  @Override
  public void age(Step.Age step) throws ScenarioException {
    steps(step.process()).age(step);
  }

  @Override
  public void memory(MemoryStep step) throws ScenarioException {
    step.chooseMemory(steps(step.process()));
  }

  @Override
  public void device(DeviceStep step) throws ScenarioException {
    step.chooseDevice(devices);
  }

  @Override
  public void fork(Step.Fork step) throws ScenarioException {
    requireNew(step.child());
    ScenarioProcess child = steps(step.process()).fork(step);
    if (child != null) {
      processes.put(step.child(), child);
    }
  }

  @Override
  public void unbind(Step.Unbind step) throws ScenarioException {
    Binding binding = lastBinding(process(step.process()), step.device());
    if (binding != null) {
      steps(step.process()).unbind(binding);
    }
  }

  @Override
  public void unbindWhileBusy(Step.UnbindWhileBusy step) throws ScenarioException {
    Binding binding = binding(process(step.process()), step.device());
    if (binding != null) {
      steps(step.process()).unbindWhileBusy(binding);
    }
  }

  @Override
  public void kill(Step.Kill step) throws ScenarioException {
    steps(step.process()).kill(streams.workOn(step.process()));
  }

  @Override
  public void exit(Step.Exit step) throws ScenarioException {
    steps(step.process()).exit(step.unbind());
  }

  @Override
  public void verify(Step.Verify step) throws ScenarioException {
    steps(step.process()).verify();
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

  private void requireNew(String name) throws ScenarioException {
    ScenarioProcess before = processes.get(name);
    if (before != null && !before.isEnding()) {
      throw new ScenarioException("a process '" + name + "' was started before", null);
    }
  }

  ScenarioProcess process(String name) throws ScenarioException {
    ScenarioProcess process = processes.get(name);
    if (process == null) {
      throw new ScenarioException("process '" + name + "' was not started", null);
    }
    return process;
  }

  /** The first, which streams use; null as {@link #lastBinding}. */
  private @Nullable Binding binding(ScenarioProcess process, PciAddress id)
      throws ScenarioException {
    List<Binding> all = bindings(process, id);
    return all.isEmpty() ? null : all.get(0);
  }

  /** Null if others have just taken the device away from the process, or ended that. */
  private @Nullable Binding lastBinding(ScenarioProcess process, PciAddress id)
      throws ScenarioException {
    List<Binding> all = bindings(process, id);
    return all.isEmpty() ? null : all.get(all.size() - 1);
  }

  /** One for each time that it was bound; none only where others act at the same time. */
  private List<Binding> bindings(ScenarioProcess process, PciAddress id) throws ScenarioException {
    List<Binding> bindings =
        process.bindings().stream().filter(each -> each.queue().device().equals(id)).toList();
    if (bindings.isEmpty() && !company.get()) {
      throw new ScenarioException(
          "process '" + process.process() + "' is not bound to device " + id, null);
    }
    return bindings;
  }

  private static long bytes(int pages) {
    return (long) pages * BufferModel.PAGE_BYTES;
  }
}
