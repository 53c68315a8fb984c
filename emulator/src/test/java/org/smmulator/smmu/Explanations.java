package org.smmulator.smmu;

import org.smmulator.smmu.explain.Question;

/** Questions in a few words, and what of their answers a test looks at. */
final class Explanations {
  private Explanations() {}

  static Question ask(int substreamId, long address, String what) {
    return ask(5, substreamId, address, what);
  }

  /** What reaches the SMMU, in words of the command line. */
  static Question ask(int streamId, int substreamId, long address, String what) {
    return new Question(
        streamId,
        substreamId,
        address,
        what.contains("ats")
            ? Question.Kind.TRANSLATION_REQUEST
            : what.contains("translated") ? Question.Kind.TRANSLATED : Question.Kind.UNTRANSLATED,
        what.contains("write"),
        what.contains("privileged"),
        what.contains("execute"));
  }

  static String explain(BareGuest guest, Question question) {
    return String.join("\n", guest.smmu.explain(question)) + "\n";
  }

  /** The rest of the one line that begins like this. */
  static String line(BareGuest guest, Question question, String start) {
    return guest.smmu.explain(question).stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .reduce((first, second) -> first + " AND " + second)
        .orElse("nothing");
  }

  static String rule(BareGuest guest, Question question) {
    return line(guest, question, "rule: ");
  }
}
