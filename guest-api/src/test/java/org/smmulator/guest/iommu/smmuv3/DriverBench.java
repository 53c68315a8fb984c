package org.smmulator.guest.iommu.smmuv3;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.AddressSpaces;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.sched.Sched;

/** A guest with a driver over a scripted SMMU, run as one schedule drawn from a seed. */
final class DriverBench {
  static final int STREAM = 0x208;
  static final int OTHER_STREAM = 0x210;

  private static final int RAM_BYTES = 8 << 20;
  private static final int FIRST_DOMAIN_ASID = 0x8000;

  /** What a test does, on the guest's first task. */
  interface Body {
    void run(DriverBench bench) throws IommuException;
  }

  final Sched sched;
  final FakeRam ram = new FakeRam(RAM_BYTES);
  final FakeSmmu smmu;
  final FrameAllocator frames;
  final AddressSpaces spaces;
  final List<Integer> asids = new ArrayList<>();
  @Nullable MsiAllocator msis;
  SmmuOptions options = new SmmuOptions(4, 3, 3, 8, 4, 2, 3_600_000_000_000L, Set.of());

  private int nextAsid = FIRST_DOMAIN_ASID;

  private DriverBench(DeterministicExecution execution) {
    sched = new Sched(execution);
    smmu = new FakeSmmu(sched, ram);
    frames =
        new FrameAllocator(
            sched,
            ram,
            (pa, generation) -> {},
            new FrameAllocator.Config(FakeRam.BASE, RAM_BYTES, false, 0));
    spaces = new AddressSpaces(sched, frames);
  }

  /** The seeds of a randomised test: the first so many, or the one of -Dsmmulator.seed. */
  static LongStream seeds(int count) {
    Long only = Long.getLong("smmulator.seed");
    return only == null ? LongStream.range(0, count) : LongStream.of(only);
  }

  static void run(long seed, Body body) {
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(
        () -> {
          try {
            body.run(new DriverBench(execution));
          } catch (IommuException refused) {
            throw new AssertionError(refused);
          }
        });
  }

  static void run(Body body) {
    run(1, body);
  }

  SmmuV3Driver probe() throws IommuException {
    AsidSource source =
        new AsidSource() {
          @Override
          public int allocate() {
            asids.add(nextAsid);
            return nextAsid++;
          }

          @Override
          public void free(int asid) {
            asids.remove((Integer) asid);
          }
        };
    return SmmuV3Driver.probe(
        new SmmuPlatform(sched, smmu, ram, frames, smmu, msis, source), options);
  }

  JournalledAts ats() {
    return new JournalledAts(smmu.journal);
  }

  IommuDevice device(int streamId) {
    return device(streamId, ats());
  }

  IommuDevice device(int streamId, JournalledAts ats) {
    return new IommuDevice(streamId, "device " + FakeSmmu.hex(streamId), ats);
  }

  /** What happened since the last call. */
  List<String> takeJournal() {
    List<String> taken = List.copyOf(smmu.journal);
    smmu.journal.clear();
    return taken;
  }
}
