package org.smmulator.pcie;

import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.smmu.port.Transaction;

/**
 * The requests of one function that the SMMU has stalled, until software resumes them. Such a
 * function departs from the architecture's rule that PCIe does not stall (IHI 0070 3.12.2), and its
 * requests from PCIe's order: those to other pages pass what is stalled, and so does everything
 * else on the link. Requests to the same page of 4 KiB, with the same PASID, do not: they wait
 * behind, in the order in which they came, so that of two writes to one address the later one
 * stays, and a read finds what was written before it (Base Specification 2.4.1).
 *
 * <p>Only the first request of a page is with the SMMU, and known to it by a ticket. What waits
 * behind it meets the SMMU when its turn comes, as if it had just arrived.
 */
final class StalledRequests {
  /** For who goes on with a request: it is over. */
  static final long OVER = 0;

  /** Goes on with a request. */
  interface GoOn {
    /**
     * Goes on with a request.
     *
     * @param decided how the SMMU let it end, or null if it has not seen it yet
     * @return the ticket of a request that stalls again, or {@link #OVER}
     */
    long with(Tlp tlp, @Nullable Transaction decided);
  }

  private record Page(int pasid, long number) {
    private static final int SHIFT = 12;

    static Page of(Tlp tlp) {
      return new Page(tlp.pasid(), tlp.address() >>> SHIFT);
    }
  }

  private final int most;

  /** Whole packets, in their order; of each page the first is with the SMMU. */
  private final Map<Page, ArrayDeque<byte[]>> pages = new HashMap<>();

  private final Map<Long, Page> tickets = new HashMap<>();
  private final Tlp tlp = new Tlp();
  private int held;

  /**
   * @param most requests held at a time
   */
  StalledRequests(int most) {
    this.most = most;
  }

  boolean hasRoom() {
    return held < most;
  }

  int held() {
    return held;
  }

  /** Whether a request has to wait for an earlier one to its page. */
  boolean isBehind(Tlp request) {
    return !pages.isEmpty() && pages.containsKey(Page.of(request));
  }

  /** Holds a request that is behind another. */
  void add(Tlp request) {
    pages.computeIfAbsent(Page.of(request), page -> new ArrayDeque<>()).add(request.copy());
    held++;
  }

  /** Holds a request that the SMMU has stalled: the first of its page. */
  void hold(Tlp request, long ticket) {
    tickets.put(ticket, Page.of(request));
    add(request);
  }

  /**
   * Software has decided a request. It goes on, and after it what waits behind it, until one
   * stalls.
   *
   * @param decided with the ticket of a request; nothing happens if it is none of these
   */
  void resumed(Transaction decided, GoOn goOn) {
    Page page = tickets.remove(decided.ticket());
    ArrayDeque<byte[]> requests = page == null ? null : pages.get(page);
    if (page == null || requests == null) {
      return;
    }
    Transaction first = decided;
    while (!requests.isEmpty()) {
      byte[] packet = requests.element();
      tlp.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length);
      long ticket = goOn.with(tlp, first);
      if (ticket != OVER) {
        tickets.put(ticket, page);
        return;
      }
      first = null;
      if (requests.poll() != null) {
        held--;
      }
    }
    pages.remove(page, requests);
  }

  /** The function is reset or gone: nobody waits for the answers, and nothing more is written. */
  void forget() {
    pages.values().forEach(ArrayDeque::clear);
    pages.clear();
    tickets.clear();
    held = 0;
  }
}
