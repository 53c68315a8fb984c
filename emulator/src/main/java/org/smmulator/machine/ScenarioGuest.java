package org.smmulator.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.StepByHand;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.machine.ScenarioProcess.Binding;

/** What steps act on: one for all tasks that do steps of a machine. */
final class ScenarioGuest {
  private final GuestKernel kernel;
  private final DataCheck check;
  private final DeviceArrivals arrivals;

  /** One step at a time has it; others look at it. */
  private final Map<String, ScenarioProcess> processes =
      Collections.synchronizedMap(new LinkedHashMap<>());

  private final ScenarioStreams streams = new ScenarioStreams();
  private final ScenarioPrograms programs = new ScenarioPrograms();

  /** Not one of the guest's: in a run that a seed orders nobody else ever wants it. */
  private final ReentrantLock changing = new ReentrantLock();

  private final AtomicBoolean company = new AtomicBoolean();

  ScenarioGuest(GuestKernel kernel, DataCheck check, DeviceArrivals arrivals) {
    this.kernel = kernel;
    this.check = check;
    this.arrivals = arrivals;
  }

  GuestKernel kernel() {
    return kernel;
  }

  DataCheck check() {
    return check;
  }

  DeviceArrivals arrivals() {
    return arrivals;
  }

  ScenarioStreams streams() {
    return streams;
  }

  ScenarioPrograms programs() {
    return programs;
  }

  /** For steps that change the processes one at a time. */
  ReentrantLock changing() {
    return changing;
  }

  /** From now on there are steps that wait for nobody else's. */
  void haveCompany() {
    company.set(true);
  }

  /** The processes so far, by name; callable from any thread. */
  Map<String, ScenarioProcess> processes() {
    synchronized (processes) {
      return new LinkedHashMap<>(processes);
    }
  }

  void add(String name, ScenarioProcess process) {
    processes.put(name, process);
  }

  void requireNew(String name) throws ScenarioException {
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

  ProcessSteps steps(String process) throws ScenarioException {
    return new ProcessSteps(kernel.sched(), process(process), check);
  }

  /** One for each time that it was bound; none only where others act at the same time. */
  List<Binding> bindings(ScenarioProcess process, PciAddress device) throws ScenarioException {
    List<Binding> bindings =
        process.bindings().stream().filter(each -> each.queue().device().equals(device)).toList();
    if (bindings.isEmpty() && !company.get()) {
      throw new ScenarioException(
          "process '" + process.process() + "' is not bound to device " + device, null);
    }
    return bindings;
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
}
