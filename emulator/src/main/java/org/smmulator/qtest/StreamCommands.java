package org.smmulator.qtest;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.Transaction;

/**
 * Commands that inject one transaction as any stream, whether or not a device sits there. What the
 * SMMU lets pass is performed on the bus of the devices: RAM and the MSI frame. One that stalls is
 * answered with a number, and a line tells under that number what became of it.
 */
final class StreamCommands {
  private static final int PAGE = 4096;
  private static final long MOST_SID = 0xffff_ffffL;
  private static final int MOST_SSID = (1 << 20) - 1;
  private static final int MOST_PRGI = (1 << 9) - 1;

  /** PCIe's words: the SMMU refused it, or nothing answers where it led. */
  private static final String UNSUPPORTED_REQUEST = "FAIL UR";

  private static final String COMPLETER_ABORT = "FAIL CA";

  /** Outside of PCIe there is one word for both. */
  private static final String ABORT = "FAIL abort";

  private final HarnessMachine machine;
  private final InjectedStreams streams;
  private final Transaction transaction = new Transaction();
  private final AtsAnswer answer = new AtsAnswer();
  private final Lines lines;

  /** What stalls, by the SMMU's ticket. */
  private final Map<Long, Stalled> stalled = new HashMap<>();

  private long stalls;

  StreamCommands(HarnessMachine machine, InjectedStreams streams, Lines lines) {
    this.machine = machine;
    this.streams = streams;
    this.lines = lines;
  }

  /** A transaction that waits in the SMMU, with the data to be read or written. */
  private static final class Stalled {
    private final long number;
    private final byte[] data;

    Stalled(long number, byte[] data) {
      this.number = number;
      this.data = data;
    }
  }

  /** Who sends what where: {@code SID SSID|- ADDR}. */
  private record Source(int streamId, int substreamId, long address) {
    static Source of(Words words) throws CommandException {
      int streamId = (int) words.number("SID", 0, MOST_SID);
      int substreamId = (int) words.numberOrDash("SSID", MOST_SSID, Transaction.NO_SUBSTREAM);
      return new Source(streamId, substreamId, words.number("ADDR"));
    }

    /** A size that stays within the page of the address. */
    int size(Words words) throws CommandException {
      int left = PAGE - (int) (address & (PAGE - 1));
      int size = (int) words.number("SIZE", 1, PAGE);
      if (size > left) {
        throw CommandException.wrong(
            String.format(
                "%d bytes at 0x%x cross a page of 4 KiB; send one transaction for each page",
                size, address));
      }
      return size;
    }
  }

  /** {@code smmu_read SID SSID|- ADDR SIZE [translated] [priv] [exec]}. */
  String read(Words words) throws CommandException {
    Source source = Source.of(words);
    byte[] data = new byte[source.size(words)];
    Set<String> flags = words.flags("translated", "priv", "exec");
    return onHardware(
        () -> {
          translate(source, false, flags);
          return finish(transaction, data);
        });
  }

  private String finish(Transaction tx, byte[] data) {
    return switch (tx.outcome()) {
      case STALLED -> {
        stalls++;
        stalled.put(tx.ticket(), new Stalled(stalls, data));
        yield "OK STALLED " + stalls;
      }
      case TRANSLATED -> perform(tx, data);
      case FAULTED, TERMINATED -> tx.isRazWi() ? done(tx, data) : refused(tx, UNSUPPORTED_REQUEST);
    };
  }

  /** A transaction that stalled is decided. */
  void resumed(Transaction tx) {
    Stalled access = stalled.remove(tx.ticket());
    if (access != null) {
      lines.line("DONE " + access.number + " " + finish(tx, access.data));
    }
  }

  private String perform(Transaction tx, byte[] data) {
    try {
      if (tx.write()) {
        machine.map().write(tx.pa(), data, 0, data.length);
      } else {
        machine.map().read(tx.pa(), data, 0, data.length);
      }
      return done(tx, data);
    } catch (BusAbort e) {
      return refused(tx, COMPLETER_ABORT);
    }
  }

  private static String done(Transaction tx, byte[] data) {
    return tx.write() ? "OK" : "OK " + MemoryCommands.hex(data);
  }

  private String refused(Transaction tx, String onPcie) {
    return machine.platformStreams().contains(tx.streamId()) ? ABORT : onPcie;
  }

  /** {@code smmu_write SID SSID|- ADDR SIZE DATA [translated] [priv]}. */
  String write(Words words) throws CommandException {
    Source source = Source.of(words);
    int size = source.size(words);
    byte[] data = MemoryCommands.bytes(words.word("DATA"), size);
    Set<String> flags = words.flags("translated", "priv");
    return onHardware(
        () -> {
          translate(source, true, flags);
          return finish(transaction, data);
        });
  }

  private void translate(Source source, boolean write, Set<String> flags) {
    request(source, write, flags);
    if (flags.contains("translated")) {
      machine.smmu().checkTranslated(transaction);
    } else {
      machine.smmu().translate(transaction);
    }
  }

  private void request(Source source, boolean write, Set<String> flags) {
    transaction.request(
        source.streamId,
        source.substreamId,
        source.address,
        write,
        flags.contains("priv"),
        flags.contains("exec"));
  }

  /** {@code smmu_ats SID SSID|- ADDR COUNT [nw] [priv] [exec]}. */
  String translationRequest(Words words) throws CommandException {
    Source source = Source.of(words);
    int count = (int) words.number("COUNT", 1, AtsAnswer.CAPACITY);
    Set<String> flags = words.flags("nw", "priv", "exec");
    return onHardware(
        () -> {
          request(source, !flags.contains("nw"), flags);
          machine.smmu().translationRequest(transaction, count, answer);
          return switch (answer.status()) {
            case UNSUPPORTED_REQUEST -> UNSUPPORTED_REQUEST;
            case COMPLETER_ABORT -> COMPLETER_ABORT;
            case SUCCESS -> entries();
          };
        });
  }

  private String entries() {
    StringBuilder text = new StringBuilder("OK");
    for (int i = 0; i < answer.count(); i++) {
      text.append(String.format(" 0x%016x", answer.entry(i)));
    }
    return text.toString();
  }

  /** {@code smmu_page_request SID SSID|- ADDR PRGI [r] [w] [x] [priv] [last]}. */
  String pageRequest(Words words) throws CommandException {
    Source source = Source.of(words);
    int prgIndex = (int) words.number("PRGI", 0, MOST_PRGI);
    Set<String> given = words.flags("r", "w", "x", "priv", "last");
    int flags =
        (given.contains("r") ? PageRequestFlags.READ : 0)
            | (given.contains("w") ? PageRequestFlags.WRITE : 0)
            | (given.contains("x") ? PageRequestFlags.EXECUTE : 0)
            | (given.contains("priv") ? PageRequestFlags.PRIVILEGED : 0)
            | (given.contains("last") ? PageRequestFlags.LAST : 0);
    return onHardware(
        () -> {
          machine
              .smmu()
              .pageRequest(
                  source.streamId, source.substreamId, source.address & -PAGE, prgIndex, flags);
          return "OK";
        });
  }

  /** {@code atc_inv_done ITAG}. */
  String invalidationDone(Words words) throws CommandException {
    int tag = (int) words.number("ITAG", 0, AtsCapability.ITAGS - 1);
    return onHardware(
        () -> streams.complete(tag) ? "OK" : "FAIL no ATC_INV with ITAG " + tag + " is open");
  }

  private String onHardware(Supplier<String> command) {
    String[] reply = new String[1];
    machine.hardware().run(() -> reply[0] = command.get());
    return reply[0];
  }
}
