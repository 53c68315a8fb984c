package org.smmulator.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjIntConsumer;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.config.Step;
import org.smmulator.config.StepCases;
import org.smmulator.config.StepWords;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.machine.ScenarioProcess.Binding;
import org.smmulator.record.EventKind;

/**
 * Runs the steps of a scenario, one after the other, on a task of the guest. A step that cannot be
 * done ends the scenario with one sentence.
 */
final class Scenario implements StepCases<ScenarioException> {
  private record Running(Task task, DmaStream stream, long planned, AtomicLong done) {
    /** What is over of it; all, if no more can come. */
    long over() {
      return task.isDone() ? planned : Math.min(planned, done.get());
    }
  }

  private final GuestKernel kernel;
  private final ScenarioConfig config;
  private final int attachTimeoutMillis;
  private final DataCheck check;

  /** The scenario's task changes it; others look at it. */
  private final Map<String, ScenarioProcess> processes =
      Collections.synchronizedMap(new LinkedHashMap<>());

  private final Map<String, List<Task>> background = new LinkedHashMap<>();
  private final List<Running> streams = new CopyOnWriteArrayList<>();
  private final ObjIntConsumer<String> pasidNames;
  private volatile int stepsBegun;
  private volatile int stepsDone;
  private volatile String now = "waiting for devices";

  /**
   * @param attachTimeoutMillis wait for a device that a step names
   * @param pasidNames told which process a PASID is of, before a device uses it
   */
  Scenario(
      GuestKernel kernel,
      ScenarioConfig config,
      int attachTimeoutMillis,
      DataCheck check,
      ObjIntConsumer<String> pasidNames) {
    this.kernel = kernel;
    this.config = config;
    this.attachTimeoutMillis = attachTimeoutMillis;
    this.check = check;
    this.pasidNames = pasidNames;
  }

  /** What is going on, for the progress line. */
  String now() {
    return now;
  }

  /** The processes so far, by name; callable from any thread. */
  Map<String, ScenarioProcess> processes() {
    synchronized (processes) {
      return new LinkedHashMap<>(processes);
    }
  }

  int stepsBegun() {
    return stepsBegun;
  }

  int stepsDone() {
    return stepsDone;
  }

  long operationsDone() {
    return streams.stream().mapToLong(each -> each.done.get()).sum();
  }

  ScenarioProgress progress() {
    long over = streams.stream().mapToLong(Running::over).sum();
    return new ScenarioProgress(config.steps().size(), stepsDone, operationsPlanned(), over);
  }

  /** All operations that the file asks for, on all devices. */
  long operationsPlanned() {
    long planned = 0;
    for (Step step : config.steps()) {
      if (step instanceof Step.Dma dma) {
        planned += (long) dma.operations() * dma.processes().size() * dma.devices().size();
      }
    }
    return planned;
  }

  /** Whether streams have yet to find out that all of their devices are gone. */
  boolean isLosingDevices() {
    return streams.stream().anyMatch(each -> !each.task.isDone() && each.stream.isCutOff());
  }

  void run() throws ScenarioException {
    List<Step> steps = config.steps();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      now = StepWords.of(step);
      stepsBegun = i + 1;
      run(step, i + 1);
      stepsDone = i + 1;
    }
    for (List<Task> tasks : background.values()) {
      join(tasks);
    }
    now = "done";
  }

  /** What the step does, down to the devices, it is the cause of. */
  private void run(Step step, int number) throws ScenarioException {
    Sched sched = kernel.sched();
    int words = sched.name(now);
    long outer = sched.begin(EventKind.STEP_BEGINS, words, number, StepWords.pages(step), 0);
    try {
      step.choose(this);
    } finally {
      sched.end(EventKind.STEP_ENDS, outer, words, 0);
      sched.recorder().deliver(); // so that it can be read while the next one goes on
    }
  }

  private ProcessSteps steps(String process) throws ScenarioException {
    return new ProcessSteps(kernel.sched(), process(process), check);
  }

  @Override
  public void startProcess(Step.StartProcess step) {
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
      DmaEngine engine = engine(id);
      try {
        EngineQueue queue = new EngineQueue(kernel, engine, engine.open(process.mm()));
        pasidNames.accept(step.process(), queue.pasid());
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
              config.seed() + step.seedOffset(),
              step.mix(),
              step.page(),
              step.pages(),
              step.bytes());
      AtomicLong done = new AtomicLong();
      DmaStream stream = new DmaStream(kernel.sched(), process, bindings, addresses, check, done);
      Task task = kernel.sched().spawn("dma " + name, () -> stream.run(step.operations()));
      streams.add(new Running(task, stream, (long) step.operations() * bindings.size(), done));
      tasks.add(task);
    }
    if (step.background() == null) {
      join(tasks);
    } else {
      background.put(step.background(), tasks);
    }
  }

  @Override
  public void await(Step.Wait step) throws ScenarioException {
    join(background.getOrDefault(step.background(), List.of()));
  }

  private static void join(List<Task> tasks) throws ScenarioException {
    for (Task task : tasks) {
      task.join();
      Throwable failure = task.failure();
      if (failure != null) {
        throw new ScenarioException(task.name() + " failed: " + failure.getMessage(), failure);
      }
    }
  }

  @Override
  public void detachDomain(Step.DetachDomain step) throws ScenarioException {
    PciAddress address = step.device();
    List<Binding> ended = new ArrayList<>();
    for (Map.Entry<String, ScenarioProcess> entry : processes.entrySet()) {
      for (Binding binding : entry.getValue().bindings()) {
        if (binding.queue().device().equals(address)) {
          steps(entry.getKey()).awaitBusy(binding);
          binding.end();
          entry.getValue().bindings().remove(binding);
          ended.add(binding);
        }
      }
    }
    kernel.detachDomain(address);
    ended.forEach(Binding::close);
  }

  @Override
  public void write(Step.Write step) throws ScenarioException {
    steps(step.process()).write(step, config.seed());
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
  public void fork(Step.Fork step) throws ScenarioException {
    processes.put(step.child(), steps(step.process()).fork(step));
  }

  @Override
  public void unbindWhileBusy(Step.UnbindWhileBusy step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
    steps(step.process()).unbindWhileBusy(binding(process, step.device()));
  }

  @Override
  public void kill(Step.Kill step) throws ScenarioException {
    steps(step.process()).kill();
  }

  @Override
  public void exit(Step.Exit step) throws ScenarioException {
    steps(step.process()).exit();
  }

  @Override
  public void verify(Step.Verify step) throws ScenarioException {
    steps(step.process()).verify();
  }

  private ScenarioProcess process(String name) throws ScenarioException {
    ScenarioProcess process = processes.get(name);
    if (process == null) {
      throw new ScenarioException("process '" + name + "' was not started", null);
    }
    return process;
  }

  private DmaEngine engine(PciAddress id) throws ScenarioException {
    long deadline = kernel.sched().nanoTime() + TimeUnit.MILLISECONDS.toNanos(attachTimeoutMillis);
    DmaEngine engine;
    try {
      engine = kernel.awaitEngine(id, deadline);
    } catch (IommuException e) {
      String hint =
          e.errno() == Errno.ETIMEDOUT ? "; bus.invalidationTimeoutMillis allows more" : "";
      throw new ScenarioException("a device cannot be driven: " + e.getMessage() + hint, e);
    }
    if (engine == null) {
      throw new ScenarioException(
          String.format(
              "device %s was not attached within %d ms; bus.attachTimeoutMillis allows more",
              id, attachTimeoutMillis),
          null);
    }
    return engine;
  }

  private static Binding binding(ScenarioProcess process, PciAddress id) throws ScenarioException {
    for (Binding binding : process.bindings()) {
      if (binding.queue().device().equals(id)) {
        return binding;
      }
    }
    throw new ScenarioException(
        "process '" + process.process() + "' is not bound to device " + id, null);
  }

  private static long bytes(int pages) {
    return (long) pages * BufferModel.PAGE_BYTES;
  }
}
