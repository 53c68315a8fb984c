package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;

/**
 * One step of a scenario: a mapping whose single key names the step, such as {@code - exit:
 * {process: alice}}. Pages are 4 KiB and counted from the start of the process's buffer.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.WRAPPER_OBJECT)
public sealed interface Step
    permits Step.StartProcess,
        Step.Bind,
        Step.Dma,
        Step.Wait,
        Step.Write,
        Step.Munmap,
        Step.Mprotect,
        Step.Fork,
        Step.Age,
        Step.Unbind,
        Step.UnbindWhileBusy,
        Step.DetachDomain,
        Step.Kill,
        Step.Exit,
        Step.Verify,
        Step.Unplug,
        Step.Inject,
        Step.Program,
        MemoryStep,
        DeviceStep,
        Expect,
        Repeat,
        Parallel,
        At {
  /** Calls the case of this kind of step. */
  <E extends Exception> void choose(StepCases<E> cases) throws E;

  /** The lists of steps inside of it, by their path from its key on; most have none. */
  default Map<String, List<Step>> parts() {
    return Map.of();
  }

  /** Its kind, as in a file. */
  default String word() {
    return getClass().getAnnotation(JsonTypeName.class).value();
  }

  /** Starts a guest process with one demand-zero, readable and writable buffer. */
  @JsonTypeName("process")
  record StartProcess(
      @Key(meaning = "Name of the new process.", syntax = Syntax.NAME) String name,
      @Key(meaning = "Size of its buffer.", unit = "pages of 4 KiB", min = 1, max = 1 << 18)
          int pages)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.startProcess(this);
    }
  }

  /** Binds a process's address space to devices; each gets the process's PASID. */
  @JsonTypeName("bind")
  record Bind(
      @Key(meaning = "Process to bind.", syntax = Syntax.NAME) String process,
      @Key(meaning = "Ids of the devices.", nonEmpty = true) List<PciAddress> devices)
      implements Step {
    public Bind {
      devices = List.copyOf(devices);
    }

    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.bind(this);
    }
  }

  /**
   * Runs a seeded stream of DMA operations on each process, at the same time. Every device gets the
   * identical stream, operation by operation.
   */
  @JsonTypeName("dma")
  record Dma(
      @Key(meaning = "Processes whose memory is worked on.", syntax = Syntax.NAME, nonEmpty = true)
          List<String> processes,
      @Key(meaning = "Ids of the devices that do the work.", nonEmpty = true)
          List<PciAddress> devices,
      @Key(
              meaning = "Operations of each device for each process.",
              unit = "operations",
              min = 1,
              max = 100_000_000)
          int operations,
      @Key(
              meaning = "First page of the working set.",
              unit = "pages of 4 KiB",
              fallback = "0",
              max = 1 << 18)
          int page,
      @Key(
              meaning = "Size of the working set; at least 2, for source and destination.",
              unit = "pages of 4 KiB",
              min = 2,
              max = 1 << 18)
          int pages,
      @Key(
              meaning = "Length of one operation; rounded down to a multiple of 8.",
              unit = "bytes",
              fallback = "1024",
              min = 8,
              max = 1 << 20)
          int bytes,
      @Key(
              meaning = "Kinds of operations to draw from.",
              fallback = "[copy, fill, compare, crc]",
              nonEmpty = true)
          List<Operation> mix,
      @Key(
              meaning = "Added to the scenario's seed, for another stream.",
              fallback = "0",
              max = Integer.MAX_VALUE)
          int seedOffset,
      @Key(
              meaning = "Name to wait for; the stream then goes on beside the next steps.",
              nullable = true,
              syntax = Syntax.NAME)
          @Nullable String background)
      implements Step {
    public Dma {
      processes = List.copyOf(processes);
      devices = List.copyOf(devices);
      mix = List.copyOf(mix);
    }

    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.dma(this);
    }
  }

  /** Waits for a stream or a program in the background. */
  @JsonTypeName("wait")
  record Wait(
      @Key(meaning = "Name of the stream or program.", syntax = Syntax.NAME) String background)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.await(this);
    }
  }

  /** The process writes seeded bytes into pages; this breaks copy-on-write after a fork. */
  @JsonTypeName("write")
  record Write(
      @Key(meaning = "Process that writes.", syntax = Syntax.NAME) String process,
      @Key(meaning = "First page.", unit = "pages of 4 KiB", max = 1 << 18) int page,
      @Key(meaning = "Number of pages.", unit = "pages of 4 KiB", min = 1, max = 1 << 18) int pages)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.write(this);
    }
  }

  /** Unmaps pages and, if asked, maps fresh zero pages at the same place. */
  @JsonTypeName("munmap")
  record Munmap(
      @Key(meaning = "Process whose pages go.", syntax = Syntax.NAME) String process,
      @Key(meaning = "First page.", unit = "pages of 4 KiB", max = 1 << 18) int page,
      @Key(meaning = "Number of pages.", unit = "pages of 4 KiB", min = 1, max = 1 << 18) int pages,
      @Key(meaning = "Map fresh zero pages at the same place.", fallback = "true") boolean remap)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.munmap(this);
    }
  }

  /** Changes what may be done with pages. */
  @JsonTypeName("mprotect")
  record Mprotect(
      @Key(meaning = "Process whose pages change.", syntax = Syntax.NAME) String process,
      @Key(meaning = "First page.", unit = "pages of 4 KiB", max = 1 << 18) int page,
      @Key(meaning = "Number of pages.", unit = "pages of 4 KiB", min = 1, max = 1 << 18) int pages,
      @Key(meaning = "What is allowed: nothing, reading, or reading and writing.") Protection prot)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.mprotect(this);
    }
  }

  /** Forks a process: parent and child share their frames until one of them writes. */
  @JsonTypeName("fork")
  record Fork(
      @Key(meaning = "The parent.", syntax = Syntax.NAME) String process,
      @Key(meaning = "Name of the child.", syntax = Syntax.NAME) String child)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.fork(this);
    }
  }

  /** Clears the access flag of pages, as reclaim does when it looks for unused ones. */
  @JsonTypeName("age")
  record Age(
      @Key(meaning = "Process whose pages age.", syntax = Syntax.NAME) String process,
      @Key(meaning = "First page.", unit = "pages of 4 KiB", max = 1 << 18) int page,
      @Key(meaning = "Number of pages.", unit = "pages of 4 KiB", min = 1, max = 1 << 18) int pages)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.age(this);
    }
  }

  /** Unbinds a process from a device, whatever the device is at. */
  @JsonTypeName("unbind")
  record Unbind(
      @Key(meaning = "Process to unbind.", syntax = Syntax.NAME) String process,
      @Key(meaning = "Id of the device.") PciAddress device)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.unbind(this);
    }
  }

  /** Unbinds a process from a device in the middle of DMA. */
  @JsonTypeName("unbindWhileBusy")
  record UnbindWhileBusy(
      @Key(meaning = "Process to unbind.", syntax = Syntax.NAME) String process,
      @Key(meaning = "Id of the device.") PciAddress device)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.unbindWhileBusy(this);
    }
  }

  /** Detaches a device from its domain; every process bound to it loses it. */
  @JsonTypeName("detachDomain")
  record DetachDomain(@Key(meaning = "Id of the device.") PciAddress device) implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.detachDomain(this);
    }
  }

  /**
   * Kills a process; in the middle of DMA on every device that it is bound to, if a stream works.
   */
  @JsonTypeName("kill")
  record Kill(@Key(meaning = "Process to kill.", syntax = Syntax.NAME) String process)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.kill(this);
    }
  }

  /** Ends a process that has no DMA under way. */
  @JsonTypeName("exit")
  record Exit(
      @Key(meaning = "Process to end.", syntax = Syntax.NAME) String process,
      @Key(
              meaning = "Unbind it from its devices before; false: the kernel has to take it away.",
              fallback = "true")
          boolean unbind)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.exit(this);
    }
  }

  /** Compares every page that the process may read with what it must hold. */
  @JsonTypeName("verify")
  record Verify(@Key(meaning = "Process to check.", syntax = Syntax.NAME) String process)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.verify(this);
    }
  }

  /** Pulls a device out, with no word to it or to the guest. */
  @JsonTypeName("unplug")
  record Unplug(@Key(meaning = "Id of the device.") PciAddress device) implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.unplug(this);
    }
  }

  /** Plants a fault on the way of an invalidation; one of drop, duplicate and delay is given. */
  @JsonTypeName("inject")
  record Inject(
      @Key(meaning = "What is lost.", nullable = true) @Nullable Carried drop,
      @Key(meaning = "What comes twice.", nullable = true) @Nullable Carried duplicate,
      @Key(meaning = "What comes late.", nullable = true) @Nullable Carried delay,
      @Key(
              meaning = "Which of those that pass from now on; 1 is the next.",
              fallback = "1",
              min = 1,
              max = 1_000_000)
          int nth,
      @Key(
              meaning = "The device whose packets or completions are counted; null: all devices.",
              nullable = true)
          @Nullable PciAddress device,
      @Key(
              meaning = "How late, for delay.",
              unit = "microseconds",
              nullable = true,
              min = 1,
              max = 3_600_000_000L)
          @Nullable Long micros)
      implements Step {
    /** What it happens to; before {@link ScenarioRules} has judged the step, null if nothing. */
    public @Nullable Carried what() {
      return drop != null ? drop : duplicate != null ? duplicate : delay;
    }

    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.inject(this);
    }
  }

  /** Runs a program of somebody's jar in a process: a {@code GuestProgram} of {@code --plugins}. */
  @JsonTypeName("program")
  record Program(
      @Key(meaning = "Process that it runs in.", syntax = Syntax.NAME) String process,
      @Key(meaning = "Name of the program, as it says itself.") String name,
      @Key(
              meaning = "Name to wait for; the program then goes on beside the next steps.",
              nullable = true,
              syntax = Syntax.NAME)
          @Nullable String background)
      implements Step {
    @Override
    public <E extends Exception> void choose(StepCases<E> cases) throws E {
      cases.program(this);
    }
  }

  /** What carries an invalidation. */
  enum Carried {
    /** A command of the SMMU's queue, CMD_SYNC among them. */
    @JsonProperty("command")
    COMMAND,
    /** An Invalidate Request on its way to a device. */
    @JsonProperty("packet")
    PACKET,
    /** An Invalidate Completion on its way back. */
    @JsonProperty("completion")
    COMPLETION;

    /** As in a file. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Operations of the dma model. */
  enum Operation {
    @JsonProperty("copy")
    COPY,
    @JsonProperty("fill")
    FILL,
    @JsonProperty("compare")
    COMPARE,
    @JsonProperty("crc")
    CRC;

    /** As in a file. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What {@code mprotect} allows. */
  enum Protection {
    @JsonProperty("none")
    NONE,
    @JsonProperty("r")
    READ,
    @JsonProperty("rw")
    READ_WRITE
  }
}
