package org.smmulator.story;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.metrics.StepSummary;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;

/**
 * What one step does, counted and told: its first {@value #MOST} events, each below its cause.
 * Thread-safe.
 */
public final class OneStep implements EventReader {
  static final int MOST = 2_000;

  /** So many siblings of a kind are told one by one. */
  private static final int ALIKE = 3;

  /**
   * @param words who, and what that did
   */
  private record Told(EventKind kind, long nanos, String words, List<Told> effects) {
    /** Whether a reader would say "again": who, and the first word of what. */
    boolean isLike(Told other) {
      return effects.isEmpty() && kind == other.kind && head().equals(other.head());
    }

    private String head() {
      int what = words.indexOf(": ") + 2;
      int end = words.indexOf(' ', what);
      return end < 0 ? words : words.substring(0, end);
    }
  }

  private final long number;
  private final Detail detail;
  private final StepTable table = new StepTable();
  private final Causes<Told> told = new Causes<>();
  private final Map<EventKind, Long> kinds = new EnumMap<>(EventKind.class);
  private final Map<CommandOpcode, Long> opcodes = new EnumMap<>(CommandOpcode.class);
  private @Nullable Told root;
  private long rootId;
  private int held;
  private long leftOut;

  /**
   * @param number of the step, which no other has
   */
  public OneStep(long number) {
    this(number, Detail.COMMANDS);
  }

  /** As above, of events of more detail. */
  public OneStep(long number, Detail detail) {
    this.number = number;
    this.detail = detail;
  }

  @Override
  public Detail detail() {
    return detail;
  }

  @Override
  public synchronized void event(RecordedEvent event) {
    boolean begins =
        root == null && event.kind() == EventKind.STEP_BEGINS && event.value(1) == number;
    if (begins || root != null) {
      count(event);
    }
    Told cause = event.cause() == rootId ? root : told.get(event.cause());
    if (cause == null && !begins) {
      return;
    }
    table.event(event);
    if (cause != null && held == MOST) {
      leftOut++;
      told.put(event.id(), cause);
      return;
    }
    held++;
    String words = event.who() + ": " + EventLines.TEXT.of(event);
    Told line = new Told(event.kind(), event.nanos(), words, new ArrayList<>(0));
    told.put(event.id(), line);
    if (cause == null) {
      root = line;
      rootId = event.id();
    } else {
      cause.effects.add(line);
    }
  }

  private void count(RecordedEvent event) {
    kinds.merge(event.kind(), 1L, Long::sum);
    CommandOpcode opcode =
        event.kind() == EventKind.COMMAND ? CommandOpcode.of(event.value(0)) : null;
    if (opcode != null) {
      opcodes.merge(opcode, 1L, Long::sum);
    }
  }

  /** What it has done so far; nothing before it has begun. */
  public synchronized @Nullable StepSummary summary() {
    return table.step(number);
  }

  /** The same in detail. */
  public synchronized StepCounts counts() {
    return table.counts(number);
  }

  /**
   * Events of a kind since it began, whoever did them.
   *
   * @param opcode only commands that have it; null for all
   */
  public synchronized long events(EventKind kind, @Nullable CommandOpcode opcode) {
    return opcode == null ? kinds.getOrDefault(kind, 0L) : opcodes.getOrDefault(opcode, 0L);
  }

  /** The lines so far, indented, with the time since it began. */
  public synchronized List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (root != null) {
      tell(root.effects, 0, root.nanos, lines);
    }
    if (leftOut > 0) {
      lines.add(String.format(Locale.ROOT, "and %,d events more", leftOut));
    }
    return lines;
  }

  private static void tell(List<Told> siblings, int depth, long begun, List<String> lines) {
    String indent = "  ".repeat(depth);
    for (int i = 0; i < siblings.size(); i++) {
      Told each = siblings.get(i);
      if (each.kind != EventKind.STEP_ENDS) {
        double micros = (each.nanos - begun) / 1e3;
        lines.add(String.format(Locale.ROOT, "%s+%.1f us %s", indent, micros, each.words));
        tell(each.effects, depth + 1, begun, lines);
      }
      int alike = alike(siblings, i);
      if (alike > ALIKE) {
        lines.add(String.format(Locale.ROOT, "%s.. %,d more like it", indent, alike - 2));
        i += alike - 2; // the last one is told
      }
    }
  }

  /** How many siblings from here on say the same again, and caused nothing. */
  private static int alike(List<Told> siblings, int from) {
    int end = from;
    while (end < siblings.size() && siblings.get(end).isLike(siblings.get(from))) {
      end++;
    }
    return end - from;
  }
}
