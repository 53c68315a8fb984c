package org.smmulator.smmu.explain;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.Gatos;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.explain.ReadLog.Purpose;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.register.GatosRequest;
import org.smmulator.smmu.register.GatosTranslator;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.translation.Access;

/**
 * Translation by registers (IHI 0070 9.1): GATOS. Nothing is cached, recorded or stalled; access
 * flags and dirty states are updated unless the request inhibits it. Overrides of the stream do not
 * count.
 */
public final class RegisterTranslation implements GatosTranslator {
  /** REASON of what stage 2 is not to blame for; a class of stage 2 is one more than CLASS. */
  private static final int REASON_STAGE1 = 0;

  /** REASON of all that befalls a request for stage 2 alone. */
  private static final int REASON_INPUT = 3;

  private static final int SMALLEST_LOG2 = 12;

  private final SmmuFeatures features;
  private final Registers registers;
  private final PhysicalMemory memory;
  private final long outputMask;

  public RegisterTranslation(SmmuFeatures features, Registers registers, PhysicalMemory memory) {
    this.features = features;
    this.registers = registers;
    this.memory = memory;
    this.outputMask = (1L << features.outputAddressBits()) - 1;
  }

  @Override
  public long translate(GatosRequest request) {
    UncachedTranslation uncached =
        new UncachedTranslation(features, registers, memory, request.updatesFlags());
    Configuration alone = uncached.configurations.findStream(request.streamId());
    if (alone.action() == Configuration.Action.FAULT) {
      int reason = request.stage1() ? REASON_STAGE1 : REASON_INPUT;
      return parFault(alone.requireFault().type().id(), reason, 0);
    }
    StreamTableEntry stream = alone.stream();
    if (stream == null
        || (request.stage1() && !stream.hasStage1())
        || (request.stage2() && stream.stage2() == null)) {
      return parFault(Gatos.INV_STAGE, REASON_STAGE1, 0);
    }
    int access = Access.of(request.write(), request.privileged(), request.execute());
    if (!request.stage1()) {
      long translation =
          uncached.stages.translateIntermediate(stream.stage2(), request.address(), access);
      return result(uncached, request, translation, null, stream.stage2());
    }
    Configuration configuration =
        uncached.configurations.find(request.streamId(), request.substreamId());
    if (configuration.action() == Configuration.Action.FAULT) {
      return fault(configuration.requireFault(), request, EventType.F_CD_FETCH);
    }
    return translate(uncached, request, configuration, access);
  }

  private long translate(
      UncachedTranslation uncached, GatosRequest request, Configuration configuration, int access) {
    ContextDescriptor context = configuration.context();
    Stage2Context stage2 = configuration.stage2();
    if (request.stage2()) {
      long translation = uncached.stages.translate(configuration, request.address(), access);
      return result(uncached, request, translation, context, stage2);
    }
    if (context == null) {
      // Stage 1 is configured but skipped for this request (S1DSS).
      return request.address() >>> features.intermediateAddressBits() != 0
          ? fault(EventType.F_ADDR_SIZE)
          : par(request.address(), smallestGranuleLog2(), new MemoryAttributes(0, 0));
    }
    long translation = uncached.stages.translateStage1(context, stage2, request.address(), access);
    return result(uncached, request, translation, context, null);
  }

  private int smallestGranuleLog2() {
    return features.smallestGranule().shift();
  }

  /** Attributes come from the leaves, which were the last reads of their stages. */
  private long result(
      UncachedTranslation uncached,
      GatosRequest request,
      long translation,
      @Nullable ContextDescriptor context,
      @Nullable Stage2Context stage2) {
    if (translation == Translation.FAULT) {
      return fault(uncached.stages.fault(), request, EventType.F_WALK_EABT);
    }
    long leaf2 = uncached.log.last(Purpose.STAGE2);
    MemoryAttributes first =
        context == null
            ? null
            : MemoryAttributes.ofStage1(
                uncached.log.last(Purpose.STAGE1), context.memoryAttributes());
    MemoryAttributes attributes;
    if (stage2 == null) {
      attributes = first == null ? new MemoryAttributes(0, 0) : first;
    } else if (first == null) {
      attributes =
          stage2.forcesWriteBack()
              ? MemoryAttributes.combineForced(MemoryAttributes.WRITE_BACK, leaf2)
              : MemoryAttributes.ofStage2(leaf2);
    } else if (stage2.forcesWriteBack()) {
      attributes = MemoryAttributes.combineForced(first, leaf2);
    } else {
      attributes = MemoryAttributes.combine(first, MemoryAttributes.ofStage2(leaf2));
    }
    long output = Translation.output(translation, request.address());
    return par(output, Translation.sizeLog2(translation), attributes);
  }

  private static long par(long output, int sizeLog2, MemoryAttributes attributes) {
    long block = output & -(1L << sizeLog2);
    long sized =
        sizeLog2 == SMALLEST_LOG2 ? block : block | Gatos.SIZE.mask() | 1L << (sizeLog2 - 1);
    return sized | Gatos.SH.of(attributes.shareability()) | Gatos.ATTR.of(attributes.attributes());
  }

  /**
   * A fault of the translation. A request for stage 1 alone learns nothing of stage 2: its faults
   * look like aborts of the fetch that needed it.
   */
  private long fault(Fault fault, GatosRequest request, EventType whenHidden) {
    if (!fault.stage2()) {
      return fault(fault.type());
    }
    if (!request.stage2()) {
      return fault(whenHidden);
    }
    boolean shown = request.stage1() && fault.isTranslationRelated();
    return parFault(fault.type().id(), fault.walkClass() + 1, shown ? fault.ipa() & outputMask : 0);
  }

  private static long fault(EventType type) {
    return parFault(type.id(), REASON_STAGE1, 0);
  }

  private static long parFault(int code, int reason, long ipa) {
    return Gatos.FAULT.of(1)
        | Gatos.FAULTCODE.of(code)
        | Gatos.REASON.of(reason)
        | Gatos.PAR_ADDR.inPlace(ipa);
  }
}
