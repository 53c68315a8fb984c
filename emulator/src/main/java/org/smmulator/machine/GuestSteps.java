package org.smmulator.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.DeviceStep;
import org.smmulator.config.MemoryStep;
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
import org.smmulator.pcie.InjectionPoint;
import org.smmulator.record.EventKind;

/**
 * Does steps, of a scenario or by hand, on tasks of the guest: each changes the processes alone,
 * and waits for DMA beside the others. A step that cannot be done says so in one sentence.
 */
final class GuestSteps implements StepCases<ScenarioException> {
  /** What must be so when a step's turn has come. */
  interface Condition {
    void require() throws ScenarioException;
  }

  /** A stream of DMA on one process. */
  private record Running(
      Task task, DmaStream stream, Step.Dma step, long planned, AtomicLong done) {
    /** What is over of it; all, if no more can come. */
    long over() {
      return task.isDone() ? planned : Math.min(planned, done.get());
    }
  }

  private final GuestKernel kernel;
  private final long seed;
  private final DataCheck check;
  private final DeviceArrivals arrivals;
  private final DeviceSteps devices;

  /** One step at a time has it; others look at it. */
  private final Map<String, ScenarioProcess> processes =
      Collections.synchronizedMap(new LinkedHashMap<>());

  private final Map<String, List<Task>> background = new LinkedHashMap<>();
  private final List<Running> streams = new CopyOnWriteArrayList<>();

  /** Programs that nobody has waited for yet, by the tasks that wait for their end. */
  private final Map<Task, ProgramRun> programs = new ConcurrentHashMap<>();

  private final Board board;

  /** Not one of the guest's: in a run that a seed orders nobody else ever wants it. */
  private final ReentrantLock changing = new ReentrantLock();

  /** What the step whose turn it is waits for when it is over. */
  private List<Task> waitedFor = List.of();

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

  long operationsDone() {
    return streams.stream().mapToLong(each -> each.done.get()).sum();
  }

  long operationsOver() {
    return streams.stream().mapToLong(Running::over).sum();
  }

  /** Whether streams have yet to find out that all of their devices are gone. */
  boolean isLosingDevices() {
    return streams.stream().anyMatch(each -> !each.task.isDone() && each.stream.isCutOff());
  }

  /** What a step does, down to the devices, it is the cause of. */
  void run(Step step, long number, Condition condition) throws ScenarioException {
    Sched sched = kernel.sched();
    int words = sched.name(StepWords.of(step));
    long outer = sched.begin(EventKind.STEP_BEGINS, words, number, StepWords.pages(step), 0);
    try {
      join(change(step, condition));
    } finally {
      sched.end(EventKind.STEP_ENDS, outer, words, 0);
      sched.recorder().deliver(); // so that it can be read while the next one goes on
    }
  }

  private List<Task> change(Step step, Condition condition) throws ScenarioException {
    changing.lock();
    try {
      condition.require();
      waitedFor = List.of();
      step.choose(this);
      return waitedFor;
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
    for (Running each : streams) {
      String name = each.step.background();
      boolean works = !each.task.isDone();
      if (name == null ? works : background.containsKey(name)) {
        rules.stream(name == null ? "'" + StepWords.of(each.step) + "'" : name, each.step, works);
      }
    }
    background.forEach(
        (name, tasks) -> {
          if (programs.containsKey(tasks.get(0))) {
            rules.program(name);
          }
        });
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
    for (Running running : streams) {
      if (running.step.background() != null) {
        join(List.of(running.task));
      }
    }
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
            process,
            base,
            new BufferModel(kernel.sched(), step.pages()),
            new Gate(kernel.sched())));
  }

  @Override
  public void bind(Step.Bind step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
    for (PciAddress id : step.devices()) {
      DmaEngine engine = arrivals.engine(id);
      try {
        EngineQueue queue = new EngineQueue(kernel, engine, engine.open(process.mm()));
        board.rootComplex().namePasid(step.process(), queue.pasid());
        process.bindings().add(new Binding(kernel.sched(), queue));
      } catch (IommuException e) {
        throw new ScenarioException(step + ": " + e.getMessage(), e);
      }
    }
  }

  @Override
  public void dma(Step.Dma step) throws ScenarioException {
    List<Task> tasks = new ArrayList<>();
    for (String name : step.processes()) {
      ScenarioProcess process = process(name);
      List<Binding> bindings = new ArrayList<>();
      for (PciAddress id : step.devices()) {
        bindings.add(binding(process, id));
      }
      AddressStream addresses =
          new AddressStream(
              seed + step.seedOffset(), step.mix(), step.page(), step.pages(), step.bytes());
      AtomicLong done = new AtomicLong();
      DmaStream stream = new DmaStream(kernel.sched(), process, bindings, addresses, check, done);
      Task task = kernel.sched().spawn("dma " + name, () -> stream.run(step.operations()));
      long planned = (long) step.operations() * bindings.size();
      streams.add(new Running(task, stream, step, planned, done));
      tasks.add(task);
    }
    if (step.background() == null) {
      waitedFor = tasks;
    } else {
      background.put(step.background(), tasks);
    }
  }

  @Override
  public void await(Step.Wait step) {
    List<Task> tasks = background.remove(step.background());
    waitedFor = tasks == null ? List.of() : tasks;
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
    programs.put(ended, run);
    if (step.background() == null) {
      waitedFor = List.of(ended);
    } else {
      background.put(step.background(), List.of(ended));
    }
  }

  /** The program that a task waited for is over; it may have ended its process. */
  private void requireSuccess(Task ended) throws ScenarioException {
    ProgramRun run = programs.remove(ended);
    if (run == null) {
      return;
    }
    for (ScenarioProcess process : processes().values()) {
      if (process.process() == run.process() && !run.process().isAlive()) {
        process.end();
        process.bindings().forEach(Binding::close);
        process.bindings().clear();
      }
    }
    Throwable failure = run.failure();
    if (failure != null) {
      throw new ScenarioException(ended.name() + " failed: " + failure, failure);
    }
  }

  private void join(List<Task> tasks) throws ScenarioException {
    for (Task task : tasks) {
      task.join();
      Throwable failure = task.failure();
      if (failure != null) {
        throw new ScenarioException(task.name() + " failed: " + failure.getMessage(), failure);
      }
      requireSuccess(task);
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
    for (Map.Entry<String, ScenarioProcess> entry : processes.entrySet()) {
      for (Binding binding : entry.getValue().bindings()) {
        if (binding.queue().device().equals(device)) {
          if (isBusy(entry.getKey())) {
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
    processes.put(step.child(), steps(step.process()).fork(step));
  }

  @Override
  public void unbind(Step.Unbind step) throws ScenarioException {
    steps(step.process()).unbind(lastBinding(process(step.process()), step.device()));
  }

  @Override
  public void unbindWhileBusy(Step.UnbindWhileBusy step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
    steps(step.process()).unbindWhileBusy(binding(process, step.device()));
  }

  @Override
  public void kill(Step.Kill step) throws ScenarioException {
    steps(step.process()).kill(isBusy(step.process()));
  }

  @Override
  public void exit(Step.Exit step) throws ScenarioException {
    steps(step.process()).exit(step.unbind());
  }

  @Override
  public void verify(Step.Verify step) throws ScenarioException {
    steps(step.process()).verify();
  }

  /** Whether a stream works on a process. */
  private boolean isBusy(String process) {
    return streams.stream()
        .anyMatch(each -> !each.task.isDone() && each.step.processes().contains(process));
  }

  private void requireNew(String name) throws ScenarioException {
    if (processes.containsKey(name)) {
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

  /** The first, which streams use. */
  private static Binding binding(ScenarioProcess process, PciAddress id) throws ScenarioException {
    return bindings(process, id).get(0);
  }

  private static Binding lastBinding(ScenarioProcess process, PciAddress id)
      throws ScenarioException {
    List<Binding> all = bindings(process, id);
    return all.get(all.size() - 1);
  }

  /** One for each time that it was bound, at least one. */
  private static List<Binding> bindings(ScenarioProcess process, PciAddress id)
      throws ScenarioException {
    List<Binding> bindings =
        process.bindings().stream().filter(each -> each.queue().device().equals(id)).toList();
    if (bindings.isEmpty()) {
      throw new ScenarioException(
          "process '" + process.process() + "' is not bound to device " + id, null);
    }
    return bindings;
  }

  private static long bytes(int pages) {
    return (long) pages * BufferModel.PAGE_BYTES;
  }
}
