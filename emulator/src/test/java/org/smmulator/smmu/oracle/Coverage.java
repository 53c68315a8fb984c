package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which distinct outcomes were reached, and how often. */
final class Coverage {
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(ExpectedFault.C_BAD_STREAMID, "C_BAD_STREAMID"),
          Map.entry(ExpectedFault.F_STE_FETCH, "F_STE_FETCH"),
          Map.entry(ExpectedFault.C_BAD_STE, "C_BAD_STE"),
          Map.entry(ExpectedFault.F_BAD_ATS_TREQ, "F_BAD_ATS_TREQ"),
          Map.entry(ExpectedFault.F_STREAM_DISABLED, "F_STREAM_DISABLED"),
          Map.entry(ExpectedFault.F_TRANSL_FORBIDDEN, "F_TRANSL_FORBIDDEN"),
          Map.entry(ExpectedFault.C_BAD_SUBSTREAMID, "C_BAD_SUBSTREAMID"),
          Map.entry(ExpectedFault.F_CD_FETCH, "F_CD_FETCH"),
          Map.entry(ExpectedFault.C_BAD_CD, "C_BAD_CD"),
          Map.entry(ExpectedFault.F_WALK_EABT, "F_WALK_EABT"),
          Map.entry(ExpectedFault.F_TRANSLATION, "F_TRANSLATION"),
          Map.entry(ExpectedFault.F_ADDR_SIZE, "F_ADDR_SIZE"),
          Map.entry(ExpectedFault.F_ACCESS, "F_ACCESS"),
          Map.entry(ExpectedFault.F_PERMISSION, "F_PERMISSION"));
  private static final List<String> CLASSES = List.of("CD", "TT", "IN");

  private final Map<String, Long> counts = new TreeMap<>();

  void count(ClientAccess access, Outcome outcome) {
    String key = access.kind() + " " + outcome.kind() + " " + why(outcome);
    count(key);
    String rule = outcome.rule();
    if (rule != null && access.kind() == ClientAccess.Kind.UNTRANSLATED) {
      ExpectedFault cause = outcome.cause();
      count((cause == null ? "permitted" : name(cause)) + " by " + rule);
    }
  }

  /** One more of something that is not the outcome of an access. */
  void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }

  private static String why(Outcome outcome) {
    if (outcome.kind() == Outcome.Kind.GRANTED) {
      int flags = outcome.flags();
      return ((flags & Outcome.READ) != 0 ? "R" : "")
          + ((flags & Outcome.WRITE) != 0 ? "W" : "")
          + ((flags & Outcome.EXECUTE) != 0 ? "X" : "")
          + ((flags & Outcome.PRIVILEGED) != 0 ? "P" : "");
    }
    ExpectedFault cause = outcome.cause();
    String recorded = outcome.event() == null ? "silent" : "recorded";
    if (cause == null) {
      return outcome.event() == null ? recorded : NAMES.get(outcome.eventType()) + " " + recorded;
    }
    return name(cause) + " " + recorded;
  }

  private static String name(ExpectedFault fault) {
    String name = NAMES.get(fault.type) + "";
    if (fault.type < ExpectedFault.F_WALK_EABT) {
      return name;
    }
    String of = fault.ofBypass ? " bypass" : fault.stage2 ? " S2" : " S1";
    return name + of + " " + CLASSES.get(fault.eventClass) + (fault.descriptorWrite ? " W" : "");
  }

  Map<String, Long> counts() {
    return counts;
  }

  /** What exists and was not reached. */
  List<String> missing() {
    List<String> missing = new ArrayList<>(existing());
    missing.removeAll(counts.keySet());
    return missing;
  }

  /** A list of all there is, and so as long. */
  private static List<String> existing() {
    List<String> all = new ArrayList<>();
    for (String type : List.of("F_TRANSLATION", "F_ADDR_SIZE", "F_ACCESS", "F_PERMISSION")) {
      for (String where : List.of(" S1 IN ", " S2 CD ", " S2 TT ", " S2 IN ")) {
        all.add("UNTRANSLATED ABORT " + type + where + "recorded");
        all.add("UNTRANSLATED ABORT " + type + where + "silent");
        all.add("UNTRANSLATED STALL " + type + where + "recorded");
        if (!(type + where).equals("F_PERMISSION S1 IN ")) {
          all.add("TRANSLATION_REQUEST NOTHING_GRANTED " + type + where + "silent");
        }
      }
      all.add("UNTRANSLATED RAZ_WI " + type + " S1 IN recorded");
      all.add("UNTRANSLATED RAZ_WI " + type + " S1 IN silent");
      all.add("TRANSLATED ABORT " + type + " S2 IN recorded");
      all.add("TRANSLATED ABORT " + type + " S2 IN silent");
    }
    // F_PERMISSION of a final page is an answer with less, not a fault.
    all.remove("TRANSLATION_REQUEST NOTHING_GRANTED F_PERMISSION S2 IN silent");
    aborts(all);
    all.addAll(
        List.of(
            "UNTRANSLATED ABORT F_PERMISSION S2 TT W recorded",
            "UNTRANSLATED ABORT F_PERMISSION S2 TT W silent",
            "UNTRANSLATED STALL F_PERMISSION S2 TT W recorded",
            "TRANSLATION_REQUEST NOTHING_GRANTED F_PERMISSION S2 TT W silent",
            "UNTRANSLATED ABORT F_ADDR_SIZE bypass IN recorded",
            "TRANSLATED ABORT F_ADDR_SIZE bypass IN recorded",
            "TRANSLATION_REQUEST NOTHING_GRANTED F_ADDR_SIZE bypass IN silent",
            "UNTRANSLATED ABORT C_BAD_STREAMID silent",
            "UNTRANSLATED ABORT silent",
            "UNTRANSLATED TRANSLATED silent",
            "TRANSLATED ABORT F_TRANSL_FORBIDDEN recorded",
            "TRANSLATED ABORT silent",
            "TRANSLATED TRANSLATED silent",
            "TRANSLATION_REQUEST UNSUPPORTED_REQUEST F_BAD_ATS_TREQ recorded",
            "TRANSLATION_REQUEST UNSUPPORTED_REQUEST silent",
            "TRANSLATION_REQUEST NOTHING_GRANTED silent"));
    for (String flags : List.of("R", "W", "RW", "RX", "RWX")) {
      all.add("TRANSLATION_REQUEST GRANTED " + flags);
      all.add("TRANSLATION_REQUEST GRANTED " + flags + "P");
    }
    for (String rule :
        List.of("PAN", "WXN", "unprivileged-writable", "APTable[0]", "APTable[1]", "XNTable")) {
      all.add("F_PERMISSION S1 IN by " + rule);
    }
    for (int code = 1; code <= 3; code++) {
      all.add("F_PERMISSION S2 IN by XN code " + code);
    }
    all.addAll(
        List.of(
            "permitted by HAD",
            "F_TRANSLATION S1 IN by E0PD",
            "F_PERMISSION S2 CD by S2PTW",
            "F_PERMISSION S2 TT by S2PTW"));
    ofSoftware(all);
    return all;
  }

  /** What software does; a list as well. */
  private static void ofSoftware(List<String> all) {
    for (String what :
        List.of(
            "CMD_RESUME with retry",
            "CMD_RESUME with abort",
            "CMD_RESUME without abort, ends as RAZ_WI",
            "CMD_RESUME without abort, ends as ABORT",
            "CMD_RESUME of nothing",
            "ended by CMD_STALL_TERM",
            "ended by SMMUEN = 0",
            "retried, ends as TRANSLATED",
            "retried, ends as ABORT",
            "retried, ends as RAZ_WI",
            "reported after it was silent or retried",
            "silent, a duplicate",
            "silent, STALL_MAX reported",
            "silent, queue full")) {
      all.add("stalled: " + what);
    }
    for (int type = 1; type <= 3; type++) {
      for (String code : List.of("02", "03", "04", "fe", "ff", "10", "11", "12", "13")) {
        boolean ofIpa = type == 2 && Integer.parseInt(code, 16) < 0xfe && !code.equals("11");
        all.add("GATOS TYPE " + type + " fault " + code + " REASON " + (ofIpa ? 3 : 0));
      }
      all.add("GATOS TYPE " + type + " success");
    }
    for (String code : List.of("10", "11", "12", "13")) {
      for (int reason = 1; reason <= 3; reason++) {
        all.add("GATOS TYPE 3 fault " + code + " REASON " + reason);
      }
    }
    for (String code : List.of("06", "08", "09", "0a", "0b")) {
      all.add("GATOS TYPE 1 fault " + code + " REASON 0");
      all.add("GATOS TYPE 3 fault " + code + " REASON 0");
    }
    all.add("GATOS TYPE 2 fault 0b REASON 3");
    all.addAll(
        List.of(
            "GATOS TYPE 0 fault ff REASON 0",
            "event queue: full, and no longer",
            "explained: goes on",
            "explained: does not"));
  }

  private static void aborts(List<String> all) {
    for (String type : List.of("C_BAD_STREAMID", "F_STE_FETCH", "C_BAD_STE")) {
      all.add("TRANSLATED ABORT " + type + " recorded");
      all.add("TRANSLATED ABORT " + type + " silent");
    }
    for (String type :
        List.of(
            "C_BAD_STREAMID",
            "F_STE_FETCH",
            "C_BAD_STE",
            "C_BAD_SUBSTREAMID",
            "F_STREAM_DISABLED",
            "F_CD_FETCH",
            "C_BAD_CD",
            "F_WALK_EABT S1 TT",
            "F_WALK_EABT S2 CD",
            "F_WALK_EABT S2 TT",
            "F_WALK_EABT S2 IN")) {
      all.add("UNTRANSLATED ABORT " + type + " recorded");
      all.add("TRANSLATION_REQUEST COMPLETER_ABORT " + type + " recorded");
      all.add("TRANSLATION_REQUEST COMPLETER_ABORT " + type + " silent");
    }
    all.add("TRANSLATED ABORT F_WALK_EABT S2 IN recorded");
  }
}
