package org.smmulator.pcie;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;

/**
 * Asks one function what its ATC holds, a part at a time, for one asker after the other. At most
 * one part is asked for and not told yet. A function that owes one to an asker who has given up is
 * asked nothing more until it has told it, so that it costs nobody else any time.
 */
final class AtcQuestions {
  static final int MOST_WAITING = 16;

  private static final class Question {
    final long from;
    final long to;
    final AtcContents.Asker asker;
    final List<AtcEntries.Entry> entries = new ArrayList<>();
    long next;
    int sets;
    int ways;
    boolean givenUp;

    Question(long from, long to, AtcContents.Asker asker) {
      this.from = from;
      this.to = to;
      this.asker = asker;
    }
  }

  private final AttachedFunction function;
  private final Judge judge;

  /** Of the first one a part is asked for. */
  private final Deque<Question> questions = new ArrayDeque<>();

  AtcQuestions(AttachedFunction function, Judge judge) {
    this.function = function;
    this.judge = judge;
  }

  /** Of the pages from one address to another. */
  void ask(long from, long to, AtcContents.Asker asker) {
    Question first = questions.peek();
    if (!function.speaks(AtcRead.SINCE_MINOR)) {
      refuse(
          asker, "cannot tell what its ATC holds: it speaks an older version of the bus protocol");
    } else if (first != null && first.givenUp) {
      refuse(asker, "has not told yet what its ATC holds, though it was asked before");
    } else if (questions.size() == MOST_WAITING) {
      refuse(asker, "is asked by " + MOST_WAITING + " others what its ATC holds; ask again");
    } else {
      questions.add(new Question(from, to, asker));
      if (first == null) {
        askOn();
      }
    }
  }

  private void refuse(AtcContents.Asker asker, String why) {
    asker.refused("device '" + function.name() + "' (" + function.id() + ") " + why);
  }

  /** Nobody waits for this answer any more. */
  void giveUp(AtcContents.Asker asker) {
    Question first = questions.peek();
    if (first != null && first.asker == asker) {
      first.givenUp = true;
    } else {
      questions.removeIf(question -> question.asker == asker);
    }
  }

  private void askOn() {
    Question first = questions.peek();
    if (first != null) {
      function.askForEntries(new AtcRead(first.next, first.from, first.to));
    }
  }

  /** The function tells a part. */
  void told(AtcEntries part) {
    Question question = questions.peek();
    String wrong = wrong(question, part);
    if (wrong != null) {
      judge.broken(function, ProtocolRule.REPORT, wrong);
    }
    if (question == null) {
      return;
    }
    if (wrong != null || question.givenUp) {
      questions.remove();
      if (!question.givenUp) {
        refuse(question.asker, "does not tell what its ATC holds; it " + wrong);
      }
    } else if (isLast(question, part)) {
      questions.remove();
      question.asker.told(contents(question));
    }
    askOn();
  }

  /** What the function does that it must not, or null. */
  private static @Nullable String wrong(@Nullable Question question, AtcEntries part) {
    if (question == null || part.first() != question.next) {
      return "tells entries of its ATC that nobody asked for";
    }
    if (part.next() <= part.first()) {
      return "tells nothing of entry " + part.first() + " of its ATC";
    }
    if (question.sets != 0 && (part.sets() != question.sets || part.ways() != question.ways)) {
      return String.format(
          "tells of an ATC of %d x %d entries that had %d x %d",
          part.sets(), part.ways(), question.sets, question.ways);
    }
    for (AtcEntries.Entry entry : part.entries()) {
      if (Long.compareUnsigned(entry.address(), question.from) < 0
          || Long.compareUnsigned(entry.address(), question.to) > 0) {
        return "tells of a page in its ATC that nobody asked for";
      }
    }
    return null;
  }

  private static boolean isLast(Question question, AtcEntries part) {
    question.sets = part.sets();
    question.ways = part.ways();
    question.entries.addAll(part.entries());
    question.next = part.next();
    return isWhole(question) || question.entries.size() >= AtcContents.MOST_ENTRIES;
  }

  private static boolean isWhole(Question question) {
    return question.next == (long) question.sets * question.ways;
  }

  private AtcContents contents(Question question) {
    return new AtcContents(
        function.name(),
        function.id(),
        question.sets,
        question.ways,
        question.entries,
        isWhole(question));
  }

  void linkLost() {
    while (!questions.isEmpty()) {
      Question question = questions.remove();
      if (!question.givenUp) {
        refuse(question.asker, "left while it was asked");
      }
    }
  }
}
