package org.smmulator.qtest;

import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.smmulator.memory.AddressMap;
import org.smmulator.pcie.RootComplex;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.explain.Question;
import org.smmulator.time.SteppedHardware;

/**
 * The parts of a machine that a harness reaches.
 *
 * @param platformStreams StreamIDs outside of PCIe
 * @param devicesAnew takes the devices of the machine's process out and plugs them in again; called
 *     outside of the hardware's thread
 * @param map the physical addresses, as CPUs, the SMMU and devices reach them
 * @param patienceNanos wait in real time for a device in another process
 * @param invalidationTimeoutNanos time of the machine after which an ATC_INV line without answer is
 *     given up
 * @param explanations of translations, a line each; asked for outside of the hardware's thread
 */
public record HarnessMachine(
    SteppedHardware hardware,
    AddressMap map,
    Smmu smmu,
    Set<Integer> platformStreams,
    RootComplex root,
    Runnable devicesAnew,
    long patienceNanos,
    long invalidationTimeoutNanos,
    Function<Question, List<String>> explanations) {}
