package org.smmulator.smmu.explain;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.tlb.TlbSpaces;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;
import org.smmulator.smmu.translation.Access;

/** What the SMMU's caches hold for a translation, which may be older than the tables. */
final class CacheLines {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};
  private static final int KIB_LOG2 = 10;

  private final Configurations configurations;
  private final TranslationCaches caches;

  CacheLines(Configurations configurations, TranslationCaches caches) {
    this.configurations = configurations;
    this.caches = caches;
  }

  List<String> describe(Question question, @Nullable Configuration configuration, Transaction tx) {
    List<String> lines = new ArrayList<>();
    Configuration cached = configurations.peek(question.streamId(), question.substreamId());
    lines.add(
        "configuration cache: "
            + (cached == null
                ? "holds nothing of the stream"
                : cached.context() == null ? "holds the STE" : "holds the STE and the CD"));
    if (configuration != null && configuration.action() == Configuration.Action.TRANSLATE) {
      describeTlb(lines, question, configuration, tx);
    }
    return lines;
  }

  private void describeTlb(
      List<String> lines, Question question, Configuration configuration, Transaction tx) {
    TlbSpaces spaces = caches.spaces();
    ContextDescriptor context = configuration.context();
    StreamTableEntry stream = configuration.stream();
    boolean intermediate = question.kind() == Question.Kind.TRANSLATED;
    if (context != null && !intermediate) {
      long found =
          caches
              .tlb()
              .peek(
                  spaces.sameAs(context.space()),
                  spaces.sameAs(context.globals()),
                  question.address());
      lines.add("TLB: " + entry(found, question.address(), tx));
    } else if (configuration.stage2() != null && stream != null) {
      long found =
          caches.tlb().peek(spaces.stage2(stream.vmid()), spaces.none(), question.address());
      lines.add("TLB of stage 2: " + entry(found, question.address(), tx));
    }
  }

  private static String entry(long found, long address, Transaction tx) {
    if (found == 0) {
      return "holds nothing for this address";
    }
    int permissions = Translation.permissions(found);
    boolean privileged = tx.effectivePrivileged();
    Access.Kind kind =
        tx.write()
            ? Access.Kind.WRITE
            : tx.effectiveExecute() ? Access.Kind.FETCH : Access.Kind.READ;
    boolean clean = (permissions & (Translation.STAGE1_CLEAN | Translation.STAGE2_CLEAN)) != 0;
    return String.format(
        "holds this address -> 0x%x, %s, unprivileged %s, privileged %s: %s",
        Translation.output(found, address),
        size(Translation.sizeLog2(found)),
        rights(permissions, false),
        rights(permissions, true),
        !Access.permits(permissions, privileged, kind)
            ? "does not permit the access"
            : tx.write() && clean
                ? "permits the access, once its descriptor is marked dirty"
                : "permits the access");
  }

  private static String size(int log2) {
    int unit = (log2 - KIB_LOG2) / KIB_LOG2;
    return (1L << (log2 - KIB_LOG2) % KIB_LOG2) + " " + UNITS[unit];
  }

  private static String rights(int permissions, boolean privileged) {
    return (Access.permits(permissions, privileged, Access.Kind.READ) ? "R" : "-")
        + (Access.permits(permissions, privileged, Access.Kind.WRITE) ? "W" : "-")
        + (Access.permits(permissions, privileged, Access.Kind.FETCH) ? "X" : "-");
  }
}
