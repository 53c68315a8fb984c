package org.smmulator.metrics;

import java.util.List;
import org.smmulator.counter.Counts;
import org.smmulator.guest.iommu.smmuv3.DriverCounter;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.LinkCounter;
import org.smmulator.pcie.ProtocolRule;
import org.smmulator.smmu.port.SmmuCounters;
import org.smmulator.vfio.VfioCounter;

/**
 * Everything a machine counted up to one moment. A count that the machine cannot know is unknown,
 * never 0.
 *
 * @param devices those plugged in, then those gone
 * @param vfioUser of a guest over vfio-user; unknown of any other one
 * @param driver of the guest, as {@code mm}
 * @param mm of the guest's address spaces; unknown of a guest that is not the machine's own
 * @param notifierCalls of the guest, as {@code mm}
 * @param sva of the guest, as {@code mm}
 * @param steps of the scenario, as far as it has come; none if nobody recorded what they did
 */
public record Summary(
    List<DeviceCounters> devices,
    Counts<LinkCounter> links,
    Counts<ProtocolRule> rulesBroken,
    Counts<VfioCounter> vfioUser,
    SmmuCounters smmu,
    Counts<DriverCounter> driver,
    Counts<MmCounter> mm,
    Counts<NotifierCall> notifierCalls,
    Counts<SvaCounter> sva,
    Verdict verdict,
    List<StepSummary> steps) {
  /** Of a machine that has not begun. */
  public static final Summary EMPTY =
      new Summary(
          List.of(),
          Counts.zero(LinkCounter.class),
          Counts.zero(ProtocolRule.class),
          Counts.unknown(VfioCounter.class),
          SmmuCounters.ZERO,
          Counts.zero(DriverCounter.class),
          Counts.zero(MmCounter.class),
          Counts.zero(NotifierCall.class),
          Counts.zero(SvaCounter.class),
          Verdict.EMPTY,
          List.of());

  public Summary {
    devices = List.copyOf(devices);
    steps = List.copyOf(steps);
  }

  /** The same counts of a run that was stopped before it was done. */
  public Summary cutShort() {
    return with(verdict.ofCutShort());
  }

  /** The same counts with another verdict. */
  public Summary with(Verdict other) {
    return new Summary(
        devices, links, rulesBroken, vfioUser, smmu, driver, mm, notifierCalls, sva, other, steps);
  }

  /** The same counts, with what devices say of themselves now. */
  public Summary with(List<DeviceCounters> others) {
    return new Summary(
        others, links, rulesBroken, vfioUser, smmu, driver, mm, notifierCalls, sva, verdict, steps);
  }
}
