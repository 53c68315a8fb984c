package org.smmulator.config;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.smmulator.arch.port.PciAddress;

/** A step in the words of its file, short enough for a line of progress: "munmap alice 32-95". */
public final class StepWords
    implements StepCases<RuntimeException>,
        MemoryStep.Cases<RuntimeException>,
        DeviceStep.Cases<RuntimeException> {
  private final StringBuilder text;
  private int pages;

  private StepWords(Step step) {
    text = new StringBuilder(step.word());
    step.choose(this);
  }

  public static String of(Step step) {
    return new StepWords(step).text.toString();
  }

  /** How many pages of 4 KiB it names to change or to look at; 0 if it names none. */
  public static int pages(Step step) {
    return new StepWords(step).pages;
  }

  private StepWords and(Object word) {
    text.append(' ').append(word);
    return this;
  }

  private void andPages(int first, int count) {
    pages = count;
    and(count == 1 ? "" + first : first + "-" + (first + count - 1));
  }

  private void andDevices(List<PciAddress> devices) {
    and(devices.stream().map(PciAddress::toString).collect(Collectors.joining(", ")));
  }

  @Override
  public void startProcess(Step.StartProcess step) {
    and(step.name());
  }

  @Override
  public void bind(Step.Bind step) {
    and(step.process()).andDevices(step.devices());
  }

  @Override
  public void dma(Step.Dma step) {
    and(String.join(", ", step.processes()));
  }

  @Override
  public void await(Step.Wait step) {
    and(step.background());
  }

  @Override
  public void write(Step.Write step) {
    and(step.process()).andPages(step.page(), step.pages());
  }

  @Override
  public void munmap(Step.Munmap step) {
    and(step.process()).andPages(step.page(), step.pages());
  }

  @Override
  public void mprotect(Step.Mprotect step) {
    and(step.process()).andPages(step.page(), step.pages());
    and(
        switch (step.prot()) {
          case NONE -> "none";
          case READ -> "r";
          case READ_WRITE -> "rw";
        });
  }

  @Override
  public void fork(Step.Fork step) {
    and(step.process()).and(step.child());
  }

  @Override
  public void age(Step.Age step) {
    and(step.process()).andPages(step.page(), step.pages());
  }

  @Override
  public void unbind(Step.Unbind step) {
    and(step.process()).and(step.device());
  }

  @Override
  public void unbindWhileBusy(Step.UnbindWhileBusy step) {
    and(step.process()).and(step.device());
  }

  @Override
  public void detachDomain(Step.DetachDomain step) {
    and(step.device());
  }

  @Override
  public void kill(Step.Kill step) {
    and(step.process());
  }

  @Override
  public void exit(Step.Exit step) {
    and(step.process());
  }

  @Override
  public void verify(Step.Verify step) {
    and(step.process());
  }

  @Override
  public void unplug(Step.Unplug step) {
    and(step.device());
  }

  @Override
  public void memory(MemoryStep step) {
    step.chooseMemory(this);
  }

  @Override
  public void store(MemoryStep.Store step) {
    and(step.process()).andPages(step.page(), 1);
  }

  @Override
  public void load(MemoryStep.Load step) {
    and(step.process()).andPages(step.page(), 1);
  }

  @Override
  public void dontNeed(MemoryStep.DontNeed step) {
    and(step.process()).andPages(step.page(), step.pages());
  }

  @Override
  public void device(DeviceStep step) {
    and(step.device());
    step.chooseDevice(this);
  }

  @Override
  public void barRead(DeviceStep.BarRead step) {
    andRegister(step.bar(), step.offset());
  }

  @Override
  public void barWrite(DeviceStep.BarWrite step) {
    andRegister(step.bar(), step.offset());
  }

  private void andRegister(int bar, long offset) {
    and(bar + "+0x" + Long.toHexString(offset));
  }

  @Override
  public void awaitInterrupt(DeviceStep.AwaitInterrupt step) {
    and(step.vector());
  }

  @Override
  public void reset(DeviceStep.Reset step) {}

  @Override
  public void mmExit(DeviceStep.MmExit step) {
    if (step.missing()) {
      and("missing");
    } else if (step.sleeps() > 0) {
      and("sleeps " + step.sleeps() + " ms");
    } else {
      and("returns " + step.returns());
    }
  }

  @Override
  public void program(Step.Program step) {
    and(step.process()).and(step.name());
  }

  @Override
  public void inject(Step.Inject step) {
    and(step.drop() != null ? "drop" : step.duplicate() != null ? "duplicate" : "delay");
    and(String.valueOf(step.what())).and(step.nth());
    if (step.device() != null) {
      and(step.device());
    }
  }

  @Override
  public void expect(Expect step) {
    List<String> keys = new ArrayList<>();
    key(keys, "notifierCalls", step.notifierCalls() != null);
    key(keys, "commands", !step.commands().isEmpty());
    key(keys, "entriesDropped", !step.entriesDropped().isEmpty());
    key(keys, "operations", step.operations() != null);
    key(keys, "refused", step.refused() != null);
    key(keys, "pasids", !step.pasids().isEmpty());
    key(keys, "violations", step.violations() != null);
    key(keys, "events", !step.events().isEmpty());
    and(String.join(", ", keys));
  }

  private static void key(List<String> keys, String key, boolean given) {
    if (given) {
      keys.add(key);
    }
  }

  @Override
  public void repeat(Repeat step) {
    and(step.times());
  }

  @Override
  public void parallel(Parallel step) {
    and(String.join(", ", step.branches().keySet()));
  }

  @Override
  public void at(At step) {
    and(step.event()).and(step.nth());
  }
}
