package org.smmulator.device;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.AddressType;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.device.PciFunction.Bar;

/**
 * Memory requests that reach the function through its BARs. Table and pending bits of MSI-X are
 * answered at once; everything else is queued to the model's BAR task, in order, and answered from
 * there through the link. The programming model allows accesses of 1, 2, 4 or 8 naturally aligned
 * bytes: others are a Completer Abort (Base Specification 2.3.1), and writes of that kind are
 * dropped. Only the link's thread calls it.
 */
final class BarAccesses {
  private final PciFunction function;
  private final ConfigSpace config;
  private final Transmitter out;
  private final LinkMailbox mailbox;
  private final DeviceModel model;
  private final ModelTask task;
  private final @Nullable MsixTable msix;

  BarAccesses(
      DeviceModel model,
      PciFunction function,
      FunctionParts parts,
      LinkMailbox mailbox,
      ModelTask task,
      @Nullable MsixTable msix) {
    this.function = function;
    this.config = parts.config();
    this.out = parts.out();
    this.mailbox = mailbox;
    this.model = model;
    this.task = task;
    this.msix = msix;
  }

  /** A Memory Read. */
  void read(Tlp tlp) {
    long transaction = tlp.transaction();
    int bytes = tlp.byteCountRequested();
    long address = tlp.firstByteAddress();
    Bar bar = decode(tlp);
    if (bar == null) {
      out.unsupportedRequest(transaction, bytes);
      return;
    }
    if (!isNatural(tlp)) {
      out.completion(transaction, CompletionStatus.CA, bytes);
      return;
    }
    long offset = address - config.barAddress(bar);
    MsixTable table = msix;
    if (table != null && bytes > 0 && table.contains(bar.index(), offset)) {
      out.completionData(transaction, address, table.read(offset, bytes), bytes);
      return;
    }
    task.post(() -> readModel(bar.index(), offset, bytes, address, transaction));
  }

  /** On the BAR task; a read of no bytes, which flushes writes, is only answered. */
  private void readModel(int bar, long offset, int bytes, long address, long transaction) {
    ReadAnswer answer = new ReadAnswer(transaction, address, bytes);
    if (bytes == 0) {
      answer.accept(0);
      return;
    }
    try {
      model.readBar(bar, offset, bytes, answer);
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      answer.send(() -> out.completion(transaction, CompletionStatus.CA, bytes));
      throw e;
    }
  }

  /** What the model says to one read: the first word counts. The BAR task's alone. */
  private final class ReadAnswer implements LongConsumer {
    private final long transaction;
    private final long address;
    private final int bytes;
    private boolean sent;

    ReadAnswer(long transaction, long address, int bytes) {
      this.transaction = transaction;
      this.address = address;
      this.bytes = bytes;
    }

    @Override
    public void accept(long value) {
      send(() -> out.completionData(transaction, address, value, Math.max(bytes, 1)));
    }

    void send(Runnable completion) {
      if (!sent) {
        sent = true;
        mailbox.post(completion);
      }
    }
  }

  /** A Memory Write. */
  void write(Tlp tlp) {
    Bar bar = decode(tlp);
    int bytes = tlp.byteCountRequested();
    if (bar == null || bytes == 0 || !isNatural(tlp)) {
      return;
    }
    long offset = tlp.firstByteAddress() - config.barAddress(bar);
    long value = tlp.littleEndian(tlp.dataIndex(), bytes);
    MsixTable table = msix;
    if (table != null && table.contains(bar.index(), offset)) {
      table.write(offset, bytes, value);
      return;
    }
    task.post(() -> model.writeBar(bar.index(), offset, bytes, value));
  }

  private @Nullable Bar decode(Tlp tlp) {
    if (!config.memoryEnabled() || tlp.addressType() != AddressType.UNTRANSLATED) {
      return null;
    }
    for (Bar bar : function.bars()) {
      long offset = tlp.firstByteAddress() - config.barAddress(bar);
      if (config.barAddress(bar) != 0 && offset >= 0 && offset < bar.sizeBytes()) {
        return bar;
      }
    }
    return null;
  }

  private static boolean isNatural(Tlp tlp) {
    int bytes = tlp.byteCountRequested();
    boolean sized = bytes <= 8 && Integer.bitCount(bytes) <= 1;
    boolean aligned = bytes == 0 || (tlp.firstByteAddress() & (bytes - 1)) == 0;
    return sized && aligned && !tlp.hasDisabledBytes();
  }
}
