package org.smmulator.pcie;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.pcie.ledger.RevocationScope;

/** What the root complex knows of one page of a stream, for people. */
final class StreamLines {
  private static final long IN_PAGE = 0xfff;
  private static final int LISTED = 8;

  private StreamLines() {}

  /**
   * A line each.
   *
   * @param function the one that has the stream, or null
   * @param pasid negative without one
   */
  static List<String> of(@Nullable AttachedFunction function, int pasid, long address) {
    if (function == null) {
      return List.of("device: none has this stream, so that nothing is sent with it now");
    }
    List<String> lines = new ArrayList<>();
    Isolation isolation = function.isolation();
    lines.add(
        String.format(
            "device: '%s' (%s) at %s%s",
            function.name(),
            function.model(),
            function.id(),
            isolation == null ? "" : ", " + isolation.words()));
    if (isolation != null) {
      lines.add(isolation.refusals());
    }
    List<String> grants = new ArrayList<>();
    RevocationScope page = new RevocationScope(pasid, false, address & ~IN_PAGE, address | IN_PAGE);
    function.grants.visit(
        page,
        (granted, va, pa, sizeLog2) -> {
          // A scope without PASID is one of all.
          if (granted == pasid || (granted < 0 && pasid < 0)) {
            grants.add(
                String.format(
                    "ledger: granted 0x%x as 0x%x, 0x%x bytes, and not invalidated since",
                    va, pa, 1L << sizeLog2));
          }
        });
    if (grants.isEmpty()) {
      lines.add("ledger: the device holds no grant of this page");
    }
    lines.addAll(grants.subList(0, Math.min(grants.size(), LISTED)));
    if (grants.size() > LISTED) {
      lines.add("ledger: and " + (grants.size() - LISTED) + " grants more");
    }
    return lines;
  }
}
