package org.smmulator.machine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.smmulator.config.PciAddress;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.config.Step;
import org.smmulator.config.Step.Protection;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.sched.Task;
import org.smmulator.machine.ScenarioProcess.Binding;

/**
 * Runs the steps of a scenario, one after the other, on a task of the guest. A step that cannot be
 * done ends the scenario with one sentence.
 */
final class Scenario {
  private static final long BUSY_NANOS = 500_000_000L;
  private static final long BUSY_LOOK_NANOS = 20_000L;

  private final GuestKernel kernel;
  private final ScenarioConfig config;
  private final int attachTimeoutMillis;
  private final DataCheck check;
  private final AtomicLong operationsDone = new AtomicLong();
  private final Map<String, ScenarioProcess> processes = new LinkedHashMap<>();
  private final Map<String, List<Task>> background = new LinkedHashMap<>();
  private volatile int stepsDone;
  private volatile String now = "waiting for devices";

  /**
   * @param attachTimeoutMillis wait for a device that a step names
   */
  Scenario(GuestKernel kernel, ScenarioConfig config, int attachTimeoutMillis, DataCheck check) {
    this.kernel = kernel;
    this.config = config;
    this.attachTimeoutMillis = attachTimeoutMillis;
    this.check = check;
  }

  /** What is going on, for the progress line. */
  String now() {
    return now;
  }

  int stepsDone() {
    return stepsDone;
  }

  long operationsDone() {
    return operationsDone.get();
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

  void run() throws ScenarioException {
    List<Step> steps = config.steps();
    for (int i = 0; i < steps.size(); i++) {
      now = steps.get(i).getClass().getSimpleName();
      perform(steps.get(i));
      stepsDone = i + 1;
    }
    for (List<Task> tasks : background.values()) {
      join(tasks);
    }
    now = "done";
  }

  private void perform(Step step) throws ScenarioException {
    try {
      if (step instanceof Step.StartProcess start) {
        startProcess(start);
      } else if (step instanceof Step.Bind bind) {
        bind(bind);
      } else if (step instanceof Step.Dma dma) {
        dma(dma);
      } else if (step instanceof Step.Wait wait) {
        join(background.getOrDefault(wait.background(), List.of()));
      } else if (step instanceof Step.Munmap munmap) {
        munmap(munmap);
      } else if (step instanceof Step.Mprotect mprotect) {
        mprotect(mprotect);
      } else if (step instanceof Step.Fork fork) {
        fork(fork);
      } else if (step instanceof Step.DetachDomain detach) {
        detachDomain(detach);
      } else {
        performOnOneProcess(step);
      }
    } catch (IommuException e) {
      throw new ScenarioException(step + ": " + e.getMessage(), e);
    }
  }

  private void performOnOneProcess(Step step) throws ScenarioException {
    if (step instanceof Step.Write write) {
      write(write);
    } else if (step instanceof Step.Age age) {
      ScenarioProcess process = process(age.process());
      process.process().mm().age(process.address(age.page()), bytes(age.pages()));
    } else if (step instanceof Step.UnbindWhileBusy unbind) {
      unbind(unbind);
    } else if (step instanceof Step.Kill kill) {
      kill(process(kill.process()));
    } else if (step instanceof Step.Exit exit) {
      exit(process(exit.process()));
    } else if (step instanceof Step.Verify verify) {
      verify(process(verify.process()));
    } else {
      throw new IllegalStateException("a step without code: " + step);
    }
  }

  private void startProcess(Step.StartProcess step) {
    GuestProcess process = kernel.startProcess(step.name());
    long base = process.mm().mmap(bytes(step.pages()), Prot.READ_WRITE);
    processes.put(
        step.name(),
        new ScenarioProcess(
            process, base, new BufferModel(step.pages()), new Gate(kernel.sched())));
  }

  private void bind(Step.Bind step) throws ScenarioException, IommuException {
    ScenarioProcess process = process(step.process());
    for (PciAddress id : step.devices()) {
      DmaEngine engine = engine(id);
      process.bindings().add(new Binding(engine, engine.open(process.process().mm())));
    }
  }

  private void dma(Step.Dma step) throws ScenarioException {
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
      DmaStream stream =
          new DmaStream(kernel.sched(), process, bindings, addresses, check, operationsDone);
      tasks.add(kernel.sched().spawn("dma " + name, () -> stream.run(step.operations())));
    }
    if (step.background() == null) {
      join(tasks);
    } else {
      background.put(step.background(), tasks);
    }
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

  private void write(Step.Write step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
    SplittableRandom random = new SplittableRandom(config.seed() ^ step.page());
    ScenarioException[] refused = new ScenarioException[1];
    process
        .gate()
        .whileClosed(
            () -> {
              for (int page = step.page(); page < step.page() + step.pages(); page++) {
                byte[] bytes = new byte[BufferModel.PAGE_BYTES];
                random.nextBytes(bytes);
                long offset = bytes(page);
                try {
                  process.write(offset, bytes);
                } catch (SegmentationFault e) {
                  refused[0] = new ScenarioException(step + ": " + e.getMessage(), e);
                  return;
                }
                process.model().touch(offset, bytes.length);
                process
                    .model()
                    .writeIfUnchanged(offset, bytes, process.model().stamp(offset, bytes.length));
              }
            });
    if (refused[0] != null) {
      throw refused[0];
    }
  }

  private void munmap(Step.Munmap step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
    long va = process.address(step.page());
    process.model().beginChange(step.page(), step.pages());
    process.process().mm().munmap(va, bytes(step.pages()));
    if (step.remap()) {
      process.process().mm().mmapFixed(va, bytes(step.pages()), Prot.READ_WRITE);
    }
    process
        .model()
        .endChange(
            step.page(),
            step.pages(),
            step.remap() ? Protection.READ_WRITE : Protection.NONE,
            true);
  }

  private void mprotect(Step.Mprotect step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
    Prot prot =
        switch (step.prot()) {
          case NONE -> Prot.NONE;
          case READ -> Prot.READ;
          case READ_WRITE -> Prot.READ_WRITE;
        };
    process.model().beginChange(step.page(), step.pages());
    process.process().mm().mprotect(process.address(step.page()), bytes(step.pages()), prot);
    process.model().endChange(step.page(), step.pages(), step.prot(), false);
  }

  private void fork(Step.Fork step) throws ScenarioException {
    ScenarioProcess parent = process(step.process());
    parent
        .gate()
        .whileClosed(
            () ->
                processes.put(
                    step.child(),
                    new ScenarioProcess(
                        parent.process().fork(step.child()),
                        parent.base(),
                        parent.model().copy(),
                        new Gate(kernel.sched()))));
  }

  private void unbind(Step.UnbindWhileBusy step) throws ScenarioException {
    ScenarioProcess process = process(step.process());
    Binding binding = binding(process, step.device());
    awaitBusy(binding);
    binding.end();
    close(binding);
    process.bindings().remove(binding);
  }

  private void detachDomain(Step.DetachDomain step) {
    org.smmulator.guest.pci.PciAddress address = address(step.device());
    for (ScenarioProcess process : processes.values()) {
      for (Binding binding : process.bindings()) {
        if (binding.engine().device().address().equals(address)) {
          awaitBusy(binding);
          binding.end();
          process.bindings().remove(binding);
        }
      }
    }
    kernel.detachDomain(address);
  }

  /** Waits until the device has work of the binding in hand, if a stream gives it any. */
  private void awaitBusy(Binding binding) {
    long deadline = kernel.sched().nanoTime() + BUSY_NANOS;
    while (binding.queue().outstanding() == 0 && kernel.sched().nanoTime() < deadline) {
      kernel.sched().sleep(BUSY_LOOK_NANOS);
    }
  }

  private void kill(ScenarioProcess process) {
    process.bindings().forEach(this::awaitBusy);
    process.end();
    process.process().exit();
    process.bindings().forEach(Scenario::close);
    process.bindings().clear();
  }

  private void exit(ScenarioProcess process) {
    process.end();
    process.bindings().forEach(Scenario::close);
    process.bindings().clear();
    process.process().exit();
  }

  private static void close(Binding binding) {
    binding.engine().close(binding.queue());
  }

  private void verify(ScenarioProcess process) {
    process
        .gate()
        .whileClosed(
            () -> {
              BufferModel model = process.model();
              for (int page = 0; page < model.pages(); page++) {
                if (model.permits(bytes(page), BufferModel.PAGE_BYTES, false)) {
                  verifyPage(process, page);
                }
              }
            });
  }

  private void verifyPage(ScenarioProcess process, int page) {
    long offset = bytes(page);
    DataCheck.Mismatch mismatch =
        new DataCheck.Mismatch(
            "cpu", -1, process.address(page), process.process() + ": page " + page);
    try {
      check.compare(
          process.model().read(offset, BufferModel.PAGE_BYTES),
          process.read(offset, BufferModel.PAGE_BYTES),
          mismatch);
    } catch (SegmentationFault e) {
      check.report(
          new DataCheck.Mismatch(
              "cpu", -1, process.address(page), "unreadable: " + e.getMessage()));
    }
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
    DmaEngine engine = kernel.awaitEngine(address(id), deadline);
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
      if (binding.engine().device().address().equals(address(id))) {
        return binding;
      }
    }
    throw new ScenarioException(
        "process '" + process.process() + "' is not bound to device " + id, null);
  }

  private static org.smmulator.guest.pci.PciAddress address(PciAddress id) {
    return new org.smmulator.guest.pci.PciAddress(id.requesterId());
  }

  private static long bytes(int pages) {
    return (long) pages * BufferModel.PAGE_BYTES;
  }
}
