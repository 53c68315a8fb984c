package org.smmulator.device.atc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one line of text per event of an ATC, in order, enough to recompute its hits, misses and
 * evictions elsewhere. Pages are 4 KiB page numbers in hexadecimal, {@code -} stands for no PASID:
 *
 * <pre>
 *   L pasid page r|w hit|miss              a counted lookup
 *   F pasid page sizeLog2 permissions      a fill; permissions out of "rwxpu"
 *   I pasid 0|1 page|all sizeLog2 dropped  an invalidation: prefix, Global bit, range, entries dropped
 *   X                                      everything dropped (ATS enabled, PASID disabled, reset)
 * </pre>
 *
 * A device that keeps invalidated entries on purpose records its invalidations as 0 dropped. A
 * record that cannot be written any more ends there, with one line in the log; the device goes on.
 * Used by the thread of the ATC.
 */
public final class AtcRecorder implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AtcRecorder.class);

  private final Writer out;
  private final String name;
  private final StringBuilder line = new StringBuilder(64);
  private boolean ended;

  public AtcRecorder(Writer out) {
    this(out, "the record of the ATC");
  }

  private AtcRecorder(Writer out, String name) {
    this.out = out;
    this.name = name;
  }

  /** Records into a new file, or over an old one. */
  public static AtcRecorder toFile(Path file) throws IOException {
    Writer out = new BufferedWriter(Files.newBufferedWriter(file, US_ASCII), 1 << 16);
    return new AtcRecorder(out, file.toString());
  }

  void lookup(int pasid, long address, boolean write, boolean hit) {
    begin('L', pasid).append(Long.toHexString(address >>> 12));
    line.append(write ? " w" : " r").append(hit ? " hit" : " miss");
    end();
  }

  void fill(int pasid, long address, int sizeLog2, int permissions) {
    begin('F', pasid).append(Long.toHexString(address >>> 12)).append(' ').append(sizeLog2);
    line.append(' ').append(Permissions.text(permissions));
    end();
  }

  void invalidate(InvalidationScope scope, int dropped) {
    begin('I', scope.pasid()).append(scope.global() ? "1 " : "0 ");
    if (scope.sizeLog2() == Long.SIZE) {
      line.append("all");
    } else {
      line.append(Long.toHexString(scope.base() >>> 12));
    }
    line.append(' ').append(scope.sizeLog2()).append(' ').append(dropped);
    end();
  }

  void invalidateAll() {
    line.setLength(0);
    line.append('X');
    end();
  }

  /** Puts into the file what was recorded so far. */
  public void flush() {
    if (!ended) {
      try {
        out.flush();
      } catch (IOException e) {
        failed(e);
      }
    }
  }

  /** Ends the record; events after it are not recorded. */
  @Override
  public void close() {
    flush();
    ended = true;
    try {
      out.close();
    } catch (IOException e) {
      log.debug("{} was not closed", name, e);
    }
  }

  private StringBuilder begin(char event, int pasid) {
    line.setLength(0);
    line.append(event).append(' ');
    if (pasid == AddressTranslationCache.NO_PASID) {
      line.append('-');
    } else {
      line.append(pasid);
    }
    return line.append(' ');
  }

  private void end() {
    if (!ended) {
      try {
        out.append(line).append('\n');
      } catch (IOException e) {
        failed(e);
      }
    }
  }

  private void failed(IOException e) {
    ended = true;
    log.error("{} ends here, it cannot be written: {}", name, e.getMessage());
  }
}
