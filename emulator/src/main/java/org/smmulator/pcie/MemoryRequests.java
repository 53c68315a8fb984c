package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.BYTES_READ;
import static org.smmulator.pcie.FunctionCounter.BYTES_WRITTEN;
import static org.smmulator.pcie.FunctionCounter.REFUSED;
import static org.smmulator.pcie.FunctionCounter.REQUESTS_STALLED;
import static org.smmulator.pcie.FunctionCounter.STALLS_REFUSED;
import static org.smmulator.pcie.FunctionCounter.TRANSLATED_ACCESSES;
import static org.smmulator.pcie.FunctionCounter.UNTRANSLATED_ACCESSES;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.bus.tlp.AddressType;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.port.Transaction;

/**
 * Memory reads, writes and atomics that functions send: through the SMMU, past the ledger if they
 * come translated, to memory, and for all but writes back as completions. One step each; nothing is
 * allocated. Other functions are reached through the windows of PCIe memory, and answer a read
 * later ({@link PeerRead}).
 *
 * <p>A request that the SMMU stalls waits in {@link StalledRequests}. One that it stops is answered
 * with Unsupported Request, and so is one to a window where no function is; one that finds nothing
 * else with Completer Abort. An access without a live grant is on record before it is performed.
 */
final class MemoryRequests {
  private final Smmu smmu;
  private final AddressMap map;
  private final Transaction transaction = new Transaction();

  MemoryRequests(Smmu smmu, AddressMap map) {
    this.smmu = smmu;
    this.map = map;
  }

  /** One request: it is performed and answered at once, unless a fault stalls it. */
  void request(AttachedFunction function, Tlp tlp) {
    boolean translated = tlp.addressType() == AddressType.TRANSLATED;
    function.count(translated ? TRANSLATED_ACCESSES : UNTRANSLATED_ACCESSES);
    StalledRequests stalled = function.stalled;
    if (tlp.type().isAtomic() && tlp.operandBytes() > Long.BYTES) {
      refuse(function, tlp, CompletionStatus.UR);
    } else if (stalled == null) {
      translate(function, tlp, true);
      perform(function, tlp);
    } else if (!translated && stalled.isBehind(tlp)) {
      waitBehind(function, stalled, tlp);
    } else {
      translate(function, tlp, !translated && stalled.hasRoom());
      performOrHold(function, stalled, tlp);
    }
  }

  private void performOrHold(AttachedFunction function, StalledRequests stalled, Tlp tlp) {
    if (transaction.outcome() == Transaction.Outcome.STALLED) {
      function.count(REQUESTS_STALLED);
      stalled.hold(tlp, transaction.ticket());
      return;
    }
    if (transaction.isStallRefused()) {
      function.count(STALLS_REFUSED);
    }
    perform(function, tlp);
  }

  /** One too many is aborted, with the record of its fault if it has one: it may not pass. */
  private void waitBehind(AttachedFunction function, StalledRequests stalled, Tlp tlp) {
    if (stalled.hasRoom()) {
      function.count(REQUESTS_STALLED);
      stalled.add(tlp);
    } else {
      translate(function, tlp, false);
      function.count(STALLS_REFUSED);
      refuse(function, tlp, CompletionStatus.UR);
    }
  }

  /** As {@code SmmuOutputs.transactionResumed}, if it was a request of that function. */
  void resumed(AttachedFunction function, StalledRequests stalled, Transaction decided) {
    stalled.resumed(decided, (tlp, first) -> goOn(function, tlp, first));
    function.flushSoon();
  }

  /** An atomic was decided for one of its two permissions, and so begins anew. */
  private long goOn(AttachedFunction function, Tlp tlp, @Nullable Transaction decided) {
    if (decided == null || (tlp.type().isAtomic() && decided.isTranslated())) {
      translate(function, tlp, true);
    } else {
      transaction.copyRequest(decided);
      transaction.copyOutcome(decided);
    }
    if (transaction.outcome() == Transaction.Outcome.STALLED) {
      return transaction.ticket();
    }
    perform(function, tlp);
    return StalledRequests.OVER;
  }

  /**
   * Lets the SMMU decide; an atomic needs both permissions.
   *
   * @param canWait whether there is room for the request if a fault stalls it
   */
  private void translate(AttachedFunction function, Tlp tlp, boolean canWait) {
    boolean read = tlp.type() == TlpType.MEMORY_READ;
    translate(function, tlp, !read, canWait);
    if (tlp.type().isAtomic() && transaction.isTranslated()) {
      translate(function, tlp, false, canWait);
    }
  }

  private void translate(AttachedFunction function, Tlp tlp, boolean write, boolean canWait) {
    transaction.request(
        function.requesterId(),
        tlp.pasid(),
        tlp.firstByteAddress(),
        write,
        tlp.privilegedRequested(),
        tlp.executeRequested() && !write);
    if (!canWait) {
      transaction.withoutRoom();
    }
    if (tlp.addressType() != AddressType.TRANSLATED) {
      smmu.translate(transaction);
      return;
    }
    smmu.checkTranslated(transaction);
    if (transaction.isTranslated()) {
      function.grants.checkAccess(transaction.pa(), write);
    }
  }

  /** What the SMMU has decided. */
  private void perform(AttachedFunction function, Tlp tlp) {
    switch (tlp.type()) {
      case MEMORY_READ -> read(function, tlp);
      case MEMORY_WRITE -> write(function, tlp);
      default -> atomic(function, tlp);
    }
  }

  private void read(AttachedFunction function, Tlp tlp) {
    boolean permitted = transaction.isTranslated();
    int bytes = tlp.byteCountRequested();
    if (!permitted && !transaction.isRazWi()) {
      refuse(function, tlp, CompletionStatus.UR);
      return;
    }
    Region peers = permitted ? peers(tlp) : null;
    if (peers != null) {
      if (!function.peerReads.begin(tlp, peers, transaction.pa())) {
        refuse(function, tlp, CompletionStatus.CA);
      }
      return;
    }
    long address = tlp.firstByteAddress();
    int done = 0;
    do {
      int chunk = function.config.completionBytes(address + done, bytes - done);
      if (!complete(function, tlp, done, chunk, permitted)) {
        return;
      }
      done += chunk;
    } while (done < bytes);
    function.count(BYTES_READ, bytes);
  }

  /** Where other functions are, if the request is for one; null for memory, asked first. */
  private @Nullable Region peers(Tlp tlp) {
    int touched = Math.max(1, tlp.byteCountRequested());
    boolean isMemory = map.isShared(transaction.pa(), touched);
    return isMemory ? null : map.findForDevices(transaction.pa(), touched);
  }

  /** Sends {@code chunk} bytes from the {@code done}th on, or the abort that they meet. */
  private boolean complete(
      AttachedFunction function, Tlp tlp, int done, int chunk, boolean permitted) {
    int left = tlp.byteCountRequested() - done;
    ByteBuf out = function.begin();
    int start = out.writerIndex();
    int index =
        TlpWriter.completionData(
            out, RequesterId.ROOT, tlp.transaction(), left, tlp.firstByteAddress() + done, chunk);
    if (!permitted) {
      out.setZero(index, chunk);
    } else if (chunk > 0 && !load(transaction.pa() + done, out, index, chunk)) {
      out.writerIndex(start);
      function.count(REFUSED);
      TlpWriter.completion(out, RequesterId.ROOT, tlp.transaction(), CompletionStatus.CA, left);
      function.end();
      return false;
    }
    function.end();
    return true;
  }

  private boolean load(long pa, ByteBuf out, int index, int bytes) {
    ByteBuffer target = out.internalNioBuffer(index, bytes);
    try {
      map.read(pa, target, target.position(), bytes);
      return true;
    } catch (BusAbort e) {
      return false;
    }
  }

  private void write(AttachedFunction function, Tlp tlp) {
    if (!transaction.isTranslated()) {
      if (!transaction.isRazWi()) {
        function.count(REFUSED);
      }
      return;
    }
    int bytes = tlp.byteCountRequested();
    Region peers = peers(tlp);
    if (peers != null) {
      function.peerWrites.perform(tlp, peers, transaction.pa());
      return;
    }
    try {
      if (tlp.hasDisabledBytes()) {
        storeEnabled(tlp);
      } else if (bytes > 0) {
        store(transaction.pa(), tlp.buffer(), tlp.dataIndex(), bytes);
      }
      function.count(BYTES_WRITTEN, bytes);
    } catch (BusAbort e) {
      function.count(REFUSED);
    }
  }

  /** Byte by byte: such a request has two doublewords at most. */
  private void storeEnabled(Tlp tlp) throws BusAbort {
    long pa = transaction.pa() - (tlp.dataIndex() - tlp.payloadIndex());
    for (int offset = 0; offset < tlp.payloadBytes(); offset++) {
      if (tlp.isByteEnabled(offset)) {
        store(pa + offset, tlp.buffer(), tlp.payloadIndex() + offset, 1);
      }
    }
  }

  private void store(long pa, ByteBuf data, int index, int bytes) throws BusAbort {
    ByteBuffer source = data.internalNioBuffer(index, bytes);
    map.write(pa, source, source.position(), bytes);
  }

  /**
   * Fetch and add, swap, compare and swap: they need both permissions. The root complex does not
   * route them to other functions (Base Specification 6.15).
   */
  private void atomic(AttachedFunction function, Tlp tlp) {
    boolean permitted = transaction.isTranslated();
    if (!permitted && !transaction.isRazWi()) {
      refuse(function, tlp, CompletionStatus.UR);
      return;
    }
    int operand = tlp.operandBytes();
    try {
      long before = permitted ? AtomicOperation.perform(map, tlp, transaction.pa()) : 0;
      ByteBuf out = function.begin();
      int index =
          TlpWriter.completionData(out, RequesterId.ROOT, tlp.transaction(), operand, 0, operand);
      if (operand == Long.BYTES) {
        out.setLongLE(index, before);
      } else {
        out.setIntLE(index, (int) before);
      }
      function.end();
      function.count(BYTES_READ, operand);
      function.count(BYTES_WRITTEN, operand);
    } catch (BusAbort e) {
      refuse(function, tlp, peers(tlp) == null ? CompletionStatus.CA : CompletionStatus.UR);
    }
  }

  /** Answers a request that waits for an answer; drops another one. */
  static void refuse(AttachedFunction function, Tlp tlp, int status) {
    function.count(REFUSED);
    if (tlp.isNonPosted()) {
      boolean countsBytes = tlp.type().isMemoryRequest() && !tlp.isTranslationRequest();
      int byteCount = countsBytes ? tlp.byteCountRequested() : Integer.BYTES;
      TlpWriter.completion(
          function.begin(), RequesterId.ROOT, tlp.transaction(), status, byteCount);
      function.end();
    }
  }
}
