package org.smmulator.vfio.served;

import java.util.function.Consumer;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.bus.pcie.ExpressCapability;
import org.smmulator.bus.pcie.MsiCapability;
import org.smmulator.bus.pcie.MsixCapability;
import org.smmulator.execution.Loop;
import org.smmulator.pcie.RootComplex;

/**
 * What was read last of a function's configuration space. Clients are answered from here: a
 * register is asked for anew first, but if the function takes its time the last value counts, and
 * never the all ones of a function that does not answer. Used on the hardware's loop.
 *
 * <p>The Interrupt Pin reads as 0: no wire leads to the client. A client that takes the whole
 * picture at once, as QEMU does when it makes its device, would manage the tables of MSI and MSI-X
 * by itself and wait for descriptors to be signalled, which none are here. So that picture has
 * capabilities without meaning in their places; who reads one register finds them as they are, and
 * the addresses and data that software writes go to the function.
 */
final class ConfigurationShadow {
  /** More than a CPU reads at once. */
  private static final int PICTURE_BYTES = 2 * Long.BYTES;

  /** Less than the 5 s that QEMU waits for an answer. */
  private static final long PATIENCE_NANOS = 3_000_000_000L;

  private static final int AT_A_TIME = 32;
  private static final int TRIES = 3;
  private static final int WORD = Integer.BYTES;
  private static final int INTERRUPT_PIN = ConfigHeader.INTERRUPT + 1;
  private static final int MOST_CAPABILITIES = 48;

  private final RootComplex root;
  private final Loop loop;
  private final int requesterId;
  private byte[] bytes = new byte[ConfigHeader.BYTES];
  private byte[] atReset = bytes;

  ConfigurationShadow(RootComplex root, Loop loop, int requesterId) {
    this.root = root;
    this.loop = loop;
    this.requesterId = requesterId;
  }

  /** Reads all of it for the first time; tells whether the function has answered. */
  void fill(Consumer<Boolean> done) {
    new Filling(done).begin();
  }

  /** Reads every register once, some at a time, and again if it is not answered. */
  private final class Filling {
    private final Consumer<Boolean> done;
    private int next;
    private int left = ConfigHeader.BYTES / WORD;
    private boolean failed;

    Filling(Consumer<Boolean> done) {
      this.done = done;
    }

    void begin() {
      for (int i = 0; i < AT_A_TIME; i++) {
        goOn();
      }
    }

    private void goOn() {
      if (next < ConfigHeader.BYTES) {
        int register = next;
        next += WORD;
        read(register, TRIES);
      }
    }

    private void read(int register, int tries) {
      ask(
          register,
          answered -> {
            if (!answered && tries > 1) {
              read(register, tries - 1);
              return;
            }
            failed |= !answered;
            left--;
            if (left == 0) {
              atReset = bytes.clone();
              done.accept(!failed);
            } else {
              goOn();
            }
          });
    }
  }

  /** Asks for a register; tells whether it was answered. */
  private void ask(int register, Consumer<Boolean> done) {
    root.configRead(
        requesterId,
        register,
        WORD,
        value -> {
          if ((int) value != -1) {
            put(register, (int) value);
            done.accept(true);
          } else {
            askWhetherAllOnes(register, done);
          }
        });
  }

  /** All ones are a value if the function answers at all. */
  private void askWhetherAllOnes(int register, Consumer<Boolean> done) {
    root.configRead(
        requesterId,
        ConfigHeader.IDENTITY,
        WORD,
        identity -> {
          boolean answers = (int) identity != -1;
          if (answers) {
            put(register, -1);
          }
          done.accept(answers);
        });
  }

  private void put(int register, int value) {
    for (int i = 0; i < WORD; i++) {
      bytes[register + i] = (byte) (value >>> (i * Byte.SIZE));
    }
    bytes[INTERRUPT_PIN] = 0;
  }

  /** The function was reset, and has the values that it had at first. */
  void reset() {
    bytes = atReset.clone();
  }

  /** Reads some bytes. */
  void read(int offset, int length, Consumer<byte[]> done) {
    if (length >= PICTURE_BYTES) {
      done.accept(slice(picture(), offset, length));
    } else {
      refresh(offset, length, () -> done.accept(slice(bytes, offset, length)));
    }
  }

  private static byte[] slice(byte[] from, int offset, int length) {
    byte[] data = new byte[length];
    System.arraycopy(from, offset, data, 0, length);
    return data;
  }

  /** Asks for the registers of these bytes, but waits no longer than a client can. */
  void refresh(int offset, int length, Runnable done) {
    int first = offset & -WORD;
    int words = ((offset + length + WORD - 1 & -WORD) - first) / WORD;
    int[] left = {words};
    Runnable once =
        () -> {
          if (left[0] > 0) {
            left[0] = 0;
            done.run();
          }
        };
    Loop.Timer timer = loop.schedule(once, PATIENCE_NANOS);
    for (int i = 0; i < words; i++) {
      ask(
          first + i * WORD,
          answered -> {
            if (left[0] == 1) {
              timer.cancel();
              once.run();
            } else {
              left[0]--;
            }
          });
    }
  }

  /** Whether a write initiates Function Level Reset. */
  boolean isFunctionReset(int offset, int length, long value) {
    int at = ConfigHeader.firstCapability(bytes[ConfigHeader.CAPABILITIES]);
    for (int i = 0; at != 0 && i < MOST_CAPABILITIES; i++) {
      if (bytes[at] == ExpressCapability.ID) {
        int shift = (at + ExpressCapability.DEVICE_CONTROL - offset) * Byte.SIZE;
        return shift > -Short.SIZE
            && shift < length * Byte.SIZE
            && ((shift < 0 ? value << -shift : value >>> shift)
                    & ExpressCapability.INITIATE_FUNCTION_RESET)
                != 0;
      }
      at = ConfigHeader.firstCapability(bytes[at + 1]);
    }
    return false;
  }

  private byte[] picture() {
    byte[] picture = bytes.clone();
    int at = ConfigHeader.firstCapability(picture[ConfigHeader.CAPABILITIES]);
    for (int i = 0; at != 0 && i < MOST_CAPABILITIES; i++) {
      if (picture[at] == MsiCapability.ID || picture[at] == MsixCapability.ID) {
        picture[at] = 0;
      }
      at = ConfigHeader.firstCapability(picture[at + 1]);
    }
    return picture;
  }
}
