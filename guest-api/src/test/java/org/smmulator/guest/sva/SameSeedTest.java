package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Task;
import org.smmulator.record.Detail;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;

/**
 * One seed tells a story of many processes and devices twice in the same way, to the last hand-over
 * between tasks: nothing depends on where objects lie in memory.
 */
class SameSeedTest {
  private static final int DEVICES = 6;
  private static final int PROCESSES = 4;

  @Test
  void oneSeedGivesOneTraceTwice() {
    Set<List<String>> traces = new HashSet<>();
    Scene.seeds(20)
        .forEach(
            seed -> {
              List<String> first = trace(seed);
              assertThat(trace(seed)).as("-Dsmmulator.seed=%d", seed).isEqualTo(first);
              traces.add(first);
            });
    assertThat(traces).as("each seed has a trace of its own").hasSizeGreaterThan(1);
  }

  private static List<String> trace(long seed) {
    List<String> trace = new ArrayList<>();
    Recorder recorder = new Recorder();
    recorder.addReader(recordingTo(trace));
    Scene.inOrder(
        seed,
        PasidPolicy.LOWEST,
        scene -> {
          scene.execution.recordSwitches(recorder);
          tell(scene);
          trace.addAll(scene.log());
          trace.add("cleared " + scene.iommu.cleared);
        });
    recorder.deliver();
    return trace;
  }

  private static EventReader recordingTo(List<String> trace) {
    return new EventReader() {
      @Override
      public Detail detail() {
        return Detail.TRAFFIC;
      }

      @Override
      public void event(RecordedEvent event) {
        trace.add(event.nanos() + " " + event.who() + ": " + event.kind());
      }
    };
  }

  private static void tell(Scene scene) throws Exception {
    List<IommuDevice> devices = new ArrayList<>();
    for (int i = 1; i <= DEVICES; i++) {
      MmExitHandler handler = i % 2 == 0 ? (dev, pasid, drvdata) -> -5 : (dev, pasid, data) -> 0;
      devices.add(scene.device(i, handler));
    }
    List<Task> tasks = new ArrayList<>();
    List<AddressSpace> processes = new ArrayList<>();
    for (int i = 0; i < PROCESSES; i++) {
      AddressSpace mm = scene.process("p" + i);
      processes.add(mm);
      tasks.add(scene.spawn("life of p" + i, () -> live(scene, mm, devices)));
    }
    tasks.forEach(Task::join);
    for (AddressSpace mm : processes) {
      scene.quiesce(mm);
    }
    devices.forEach(scene.sva::deviceGone);
  }

  private static void live(Scene scene, AddressSpace mm, List<IommuDevice> devices)
      throws Exception {
    for (IommuDevice dev : devices) {
      int pasid = scene.sva.bind(dev, mm, null);
      scene.iommu.access(dev, pasid, Scene.pageOf(0));
    }
    mm.munmap(Scene.pageOf(0), Scene.PAGE);
    mm.putUser();
  }
}
