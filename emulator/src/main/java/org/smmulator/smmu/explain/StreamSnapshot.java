package org.smmulator.smmu.explain;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.StreamTableEntry;

/**
 * What the tables in memory said of one stream at one moment.
 *
 * @param entry its STE; null if there is none, none could be read, or the SMMU is disabled
 * @param refusal why there is no STE to go by, as a sentence; null if there is one, or the SMMU is
 *     disabled
 * @param contexts its valid CDs by their indices, the first of them
 * @param others the indices of valid CDs beside those
 * @param remarks what is wrong with the table of CDs, and how far it was looked at, a sentence each
 * @param reads L1CDs and CDs that were read
 */
public record StreamSnapshot(
    @Nullable StreamTableEntry entry,
    @Nullable String refusal,
    List<Context> contexts,
    Set<Integer> others,
    List<String> remarks,
    int reads) {
  /** One valid CD, legal or not. */
  public record Context(int index, ContextDescriptor descriptor) {}

  public StreamSnapshot {
    contexts = List.copyOf(contexts);
    others = Set.copyOf(others);
    remarks = List.copyOf(remarks);
  }

  /** Of a stream without a table of CDs. */
  static StreamSnapshot of(@Nullable StreamTableEntry entry, @Nullable String refusal) {
    return new StreamSnapshot(entry, refusal, List.of(), Set.of(), List.of(), 0);
  }

  /** Whether a CD serves transactions without a PASID: the first one may. */
  public boolean servesNoPasid(int index) {
    return index == 0 && entry != null && entry.firstContextServesNoPasid();
  }
}
