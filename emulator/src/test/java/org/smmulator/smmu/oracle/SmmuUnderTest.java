package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.smmulator.arch.port.BroadcastTlbi;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.explain.Question;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;

/** The one place where the simulation touches the SMMU: its public methods, nothing else. */
final class SmmuUnderTest {
  private static final List<Feature> OPTIONAL =
      List.of(Feature.COHACC, Feature.ATTR_PERMS_OVR, Feature.ATTR_TYPES_OVR, Feature.STT);

  private final String description;
  private final Set<Integer> platformStreams;
  private final Smmu smmu;
  private final NoDevices outputs = new NoDevices();
  private final Transaction transaction = new Transaction();
  private final AtsAnswer completion = new AtsAnswer();
  private final SmmuAnswer answer = new SmmuAnswer();

  private SmmuUnderTest(SmmuFeatures features, Arena arena) {
    description = features.set() + " " + features.caches();
    platformStreams = features.platformStreams();
    smmu = new Smmu(features, arena, outputs);
  }

  /** An SMMU of random features and cache sizes. */
  static SmmuUnderTest random(Chance chance, Arena arena) {
    return new SmmuUnderTest(SmmuFeatures.defaults().change(to -> features(chance, to)), arena);
  }

  /** A line for each feature, with what it needs. */
  private static void features(Chance chance, SmmuFeatures.Builder to) {
    for (Feature feature : OPTIONAL) {
      to.feature(feature, chance.percent(75));
    }
    Architecture version =
        chance.percent(70) ? Architecture.V3_2 : chance.oneOf(List.of(Architecture.values()));
    boolean v31 = version != Architecture.V3_0;
    boolean v32 = version == Architecture.V3_2;
    boolean stage1 = chance.percent(92);
    boolean stage2 = !stage1 || chance.percent(80);
    boolean both = stage1 && stage2;
    boolean ats = chance.percent(85);
    int streamIdBits = chance.percent(30) ? chance.between(4, 6) : chance.between(7, 16);
    to.architecture(version)
        .feature(Feature.S1P, stage1)
        .feature(Feature.S2P, stage2)
        .feature(Feature.HYP, both && (v32 || chance.percent(70)))
        .feature(Feature.ASID16, stage1 && chance.percent(50))
        .feature(Feature.CD2L, stage1 && chance.percent(80))
        .feature(Feature.HAD, stage1 && (v31 || chance.percent(50)))
        .feature(Feature.E0PD, stage1 && chance.percent(50))
        .feature(Feature.XNX, stage2 && (v31 || chance.percent(50)))
        .feature(Feature.FWB, stage2 && (v32 || chance.percent(50)))
        .feature(Feature.VMID16, stage2 && chance.percent(50))
        .feature(Feature.VMW, stage2 && chance.percent(50))
        .feature(Feature.RIL, v32 || chance.percent(50))
        .feature(Feature.ATS, ats)
        .feature(Feature.ATSRECERR, ats && chance.percent(70))
        .feature(Feature.SPLIT_ATS, ats && both && chance.percent(80))
        .feature(Feature.TWO_LEVEL_STREAM_TABLE, streamIdBits > 6 || chance.percent(50))
        .feature(Feature.BTM, chance.percent(60))
        .feature(Feature.ATOS, chance.percent(60))
        .feature(Feature.PRI, false)
        .feature(Feature.PPS, false)
        .feature(Feature.TERM_MODEL, chance.percent(15));
    granules(chance, to);
    to.streamIdBits(streamIdBits)
        .substreamIdBits(!stage1 || chance.percent(15) ? 0 : chance.between(1, 20))
        .httu(chance.oneOf(List.of(SmmuFeatures.Httu.values())))
        .stallModel(stallModel(chance, ats))
        .stallMax(chance.percent(50) ? chance.between(1, 3) : 64)
        .platformStreams(platformStreams(streamIdBits))
        .caches(
            new SmmuFeatures.Caches(
                chance.oneOf(SmmuFeatures.Caches.INFINITE, 2, 16, 256),
                2,
                chance.oneOf(0, 2, 16),
                chance.oneOf(2, 16)));
  }

  private static SmmuFeatures.StallModel stallModel(Chance chance, boolean ats) {
    if (!ats && chance.percent(50)) {
      return SmmuFeatures.StallModel.FORCED;
    }
    return chance.percent(75)
        ? SmmuFeatures.StallModel.CONFIGURABLE
        : SmmuFeatures.StallModel.TERMINATE_ONLY;
  }

  private static void granules(Chance chance, SmmuFeatures.Builder to) {
    boolean large = chance.percent(75);
    boolean middle = chance.percent(60);
    int size = chance.oneOf(32, 36, 40, 42, 44, 48, 52);
    to.feature(Feature.GRAN64K, large || size == 52)
        .feature(Feature.GRAN16K, middle)
        .feature(Feature.GRAN4K, (!large && !middle && size != 52) || chance.percent(75))
        .feature(Feature.VAX52, (large || size == 52) && chance.percent(50))
        .outputAddressBits(size);
  }

  /** Every third stream. */
  private static Set<Integer> platformStreams(int streamIdBits) {
    Set<Integer> streams = new HashSet<>();
    for (int id = 0; id < 1 << Math.min(streamIdBits, 13); id += 3) {
      streams.add(id);
    }
    return streams;
  }

  /** Its features and cache sizes. */
  @Override
  public String toString() {
    return description;
  }

  long read(int offset, int sizeBytes) {
    return smmu.readRegister(offset, sizeBytes);
  }

  void write(int offset, int sizeBytes, long value) {
    smmu.writeRegister(offset, sizeBytes, value);
  }

  void runCommands() {
    while (smmu.hasWork()) {
      smmu.step();
    }
  }

  /** TLB maintenance of CPUs: all, by ASID, by address and ASID, by address. */
  BroadcastTlbi cpus() {
    return smmu.broadcastTlbi();
  }

  /** Whether a stream belongs to a platform device. */
  boolean mayStall(int streamId) {
    return platformStreams.contains(streamId);
  }

  /** The answer is reused by the next access. */
  SmmuAnswer perform(ClientAccess access) {
    transaction.request(
        access.streamId(),
        access.substreamId(),
        access.address(),
        access.write(),
        access.privileged(),
        access.instruction());
    switch (access.kind()) {
      case UNTRANSLATED -> smmu.translate(transaction);
      case TRANSLATED -> smmu.checkTranslated(transaction);
      case TRANSLATION_REQUEST -> {
        smmu.translationRequest(transaction, access.pages(), completion);
        return completion();
      }
    }
    answer.kind = kind(transaction);
    answer.pa = transaction.isTranslated() ? transaction.pa() : 0;
    answer.ticket = transaction.ticket();
    return answer;
  }

  private static Outcome.Kind kind(Transaction tx) {
    return switch (tx.outcome()) {
      case TRANSLATED -> Outcome.Kind.TRANSLATED;
      case STALLED -> Outcome.Kind.STALL;
      case FAULTED, TERMINATED -> tx.isRazWi() ? Outcome.Kind.RAZ_WI : Outcome.Kind.ABORT;
    };
  }

  /** What the SMMU itself says about an access, from memory as it is now. */
  String explain(ClientAccess access) {
    Question.Kind kind =
        switch (access.kind()) {
          case UNTRANSLATED -> Question.Kind.UNTRANSLATED;
          case TRANSLATED -> Question.Kind.TRANSLATED;
          case TRANSLATION_REQUEST -> Question.Kind.TRANSLATION_REQUEST;
        };
    return String.join(
        "\n  ",
        smmu.explain(
            new Question(
                access.streamId(),
                access.substreamId(),
                access.address(),
                kind,
                access.write(),
                access.privileged(),
                access.instruction())));
  }

  /** How a transaction ended that had stalled. */
  record Resumed(long ticket, Outcome.Kind kind, long pa) {}

  /** Those that ended since the last call, in their order. */
  List<Resumed> takeResumed() {
    List<Resumed> resumed = List.copyOf(outputs.resumed);
    outputs.resumed.clear();
    return resumed;
  }

  private SmmuAnswer completion() {
    answer.kind =
        switch (completion.status()) {
          case SUCCESS -> Outcome.Kind.GRANTED;
          case UNSUPPORTED_REQUEST -> Outcome.Kind.UNSUPPORTED_REQUEST;
          case COMPLETER_ABORT -> Outcome.Kind.COMPLETER_ABORT;
        };
    answer.count = completion.count();
    for (int i = 0; i < answer.count; i++) {
      answer.entries[i] = completion.entry(i);
    }
    return answer;
  }

  /** Surroundings without anything in them. */
  private static final class NoDevices implements SmmuOutputs {
    private final List<Resumed> resumed = new ArrayList<>();

    @Override
    public void transactionResumed(Transaction tx) {
      resumed.add(new Resumed(tx.ticket(), kind(tx), tx.isTranslated() ? tx.pa() : 0));
    }

    @Override
    public void sendEvent() {}

    @Override
    public void pulse(SmmuInterrupt line) {}

    @Override
    public void atcInvalidate(
        int streamId, int substreamId, long address, int pagesLog2, boolean global) {
      throw new IllegalStateException("nothing asked for an ATC invalidation");
    }

    @Override
    public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {
      throw new IllegalStateException("nothing asked for a page");
    }

    @Override
    public void workAvailable() {}

    @Override
    public void registersChanged() {}
  }
}
