package org.smmulator.smmu.explain;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.L1Cd;
import org.smmulator.arch.structure.L1Std;
import org.smmulator.arch.structure.Ste;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.explain.ReadLog.Purpose;
import org.smmulator.smmu.explain.ReadLog.Read;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.TranslationCaches;

/**
 * Explains one translation in lines of text: every structure and descriptor that is read, the rule
 * that decides, and what the transaction, the endpoint and the event queue would see. It follows
 * the tables as they are now, and says what the TLB holds beside that. Caches, access flags,
 * statistics and queues stay as they are. On the hardware's thread.
 */
public final class Explainer {
  private static final Fields STE = new Fields(Ste.class);
  private static final Fields CD = new Fields(Cd.class);
  private static final Fields L1STD = new Fields(L1Std.class);
  private static final Fields L1CD = new Fields(L1Cd.class);
  private static final int STRUCTURE_BYTES = 64;

  private final SmmuFeatures features;
  private final Registers registers;
  private final PhysicalMemory memory;
  private final CacheLines caches;

  public Explainer(
      SmmuFeatures features,
      Registers registers,
      PhysicalMemory memory,
      Configurations configurations,
      TranslationCaches caches) {
    this.features = features;
    this.registers = registers;
    this.memory = memory;
    this.caches = new CacheLines(configurations, caches);
  }

  /** The explanation, a line each. */
  public List<String> explain(Question question) {
    Trial trial = new Trial(features, registers, memory);
    trial.run(question);
    List<String> lines = new ArrayList<>();
    lines.add(asked(question));
    WalkLines walk = new WalkLines(trial.configuration, question.address());
    addReads(lines, trial, walk);
    lines.add("rule: " + new Rule(features, registers, trial, walk, question).sentence());
    addOutcome(lines, trial, question);
    lines.addAll(caches.describe(question, trial.configuration, trial.tx));
    return lines;
  }

  private static String asked(Question question) {
    return String.format(
        "%s of stream 0x%x%s: %s%s 0x%x",
        switch (question.kind()) {
          case UNTRANSLATED -> "transaction";
          case TRANSLATED -> "translated transaction (AT = 10)";
          case TRANSLATION_REQUEST -> "ATS translation request";
        },
        question.streamId(),
        question.substreamId() == Transaction.NO_SUBSTREAM
            ? ""
            : String.format(", PASID 0x%x", question.substreamId()),
        question.privileged() ? "privileged " : "",
        question.write() ? "write at" : question.execute() ? "instruction fetch at" : "read at",
        question.address());
  }

  private static void addReads(List<String> lines, Trial trial, WalkLines walk) {
    List<Read> reads = trial.uncached.log.reads();
    for (int i = 0; i < reads.size(); ) {
      Read read = reads.get(i);
      switch (read.purpose()) {
        case STREAM -> i = addStructure(lines, reads, i, "STE", STE, "L1STD", L1STD);
        case CONTEXT -> i = addStructure(lines, reads, i, "CD", CD, "L1CD", L1CD);
        case STAGE1, STAGE2 -> {
          lines.add(walk.describe(read));
          i++;
        }
      }
      if (read.purpose() != Purpose.STAGE2) {
        walk.restartStage2();
      }
    }
  }

  /** Words of a structure follow one another; a word by itself is a level 1 descriptor. */
  private static int addStructure(
      List<String> lines,
      List<Read> reads,
      int first,
      String name,
      Fields fields,
      String level1Name,
      Fields level1Fields) {
    int end = first + 1;
    while (end < reads.size()
        && reads.get(end).purpose() == reads.get(first).purpose()
        && reads.get(end).address() == reads.get(end - 1).address() + Long.BYTES
        && reads.get(end).address() % STRUCTURE_BYTES != 0) {
      end++;
    }
    long[] words = new long[end - first];
    StringBuilder raw = new StringBuilder();
    boolean aborted = false;
    for (int i = first; i < end; i++) {
      words[i - first] = reads.get(i).value();
      aborted |= reads.get(i).aborted();
      raw.append(String.format(" %016x", reads.get(i).value()));
    }
    boolean single = words.length == 1 && !aborted;
    String what = single ? level1Name : aborted ? name + " or " + level1Name : name;
    long address = reads.get(first).address();
    if (aborted) {
      lines.add(String.format("%s at 0x%x: the read aborts", what, address));
    } else {
      lines.add(String.format("%s at 0x%x:%s", what, address, raw));
      lines.add("    " + (single ? level1Fields : fields).describe(words));
    }
    return end;
  }

  private static void addOutcome(List<String> lines, Trial trial, Question question) {
    if (question.kind() == Question.Kind.TRANSLATION_REQUEST) {
      AtsAnswer answer = trial.answer;
      lines.add(
          answer.status() == AtsAnswer.Status.SUCCESS
              ? "completion: " + entry(answer.entry(0))
              : "completion: " + refusal(answer.status()));
    } else {
      Transaction tx = trial.tx;
      lines.add(
          switch (tx.outcome()) {
            case TRANSLATED -> String.format("result: goes on at 0x%x", tx.pa());
            case STALLED -> "result: stalls until CMD_RESUME or CMD_STALL_TERM";
            case FAULTED, TERMINATED ->
                tx.isRazWi()
                    ? "result: completes, reading zeroes or dropping the write (RAZ/WI)"
                    : "result: aborted";
          });
    }
    long[] event = trial.event;
    if (event == null) {
      lines.add("event: none");
    } else {
      EventType type = EventType.of(event[0]);
      lines.add(
          String.format(
              "event: %s %016x %016x %016x %016x", type, event[0], event[1], event[2], event[3]));
      lines.add("    " + EventFields.of(type).describe(event));
    }
  }

  private static String refusal(AtsAnswer.Status status) {
    return switch (status) {
      case UNSUPPORTED_REQUEST -> "Unsupported Request (UR)";
      case COMPLETER_ABORT -> "Completer Abort (CA)";
      case SUCCESS -> throw new IllegalStateException("a success is no refusal");
    };
  }

  private static String entry(long entry) {
    return String.format(
        "0x%016x: address 0x%x%s%s%s%s",
        entry,
        entry & -4096L,
        (entry & 1) != 0 ? " R" : "",
        (entry & 2) != 0 ? " W" : "",
        (entry & 8) != 0 ? " Exe" : "",
        (entry & 3) == 0 ? " no permission" : "");
  }
}
