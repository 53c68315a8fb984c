package org.smmulator.vfio.served;

import java.util.function.Consumer;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.execution.Loop;
import org.smmulator.memory.Response;
import org.smmulator.pcie.RootComplex;
import org.smmulator.vfio.Errno;
import org.smmulator.vfio.ServedFunction;
import org.smmulator.vfio.VfioClient;

/** A function on the machine's bus, wherever its device runs. */
final class BusFunction implements ServedFunction {
  /** Most of a BAR at once; a CPU moves 8 bytes. */
  private static final int MOST_BAR_BYTES = 4096;

  private static final int WORD = Integer.BYTES;

  private final Loop loop;
  private final RootComplex root;
  private final int requesterId;
  private final String name;
  private final SharedRam ram;
  private final ConfigurationShadow configuration;
  private final ClientBars bars = new ClientBars();
  private boolean gone;

  BusFunction(Loop loop, RootComplex root, int requesterId, String name, SharedRam ram) {
    this.loop = loop;
    this.root = root;
    this.requesterId = requesterId;
    this.name = name;
    this.ram = ram;
    configuration = new ConfigurationShadow(root, loop, requesterId);
  }

  /** Before it is served; tells whether it can be. */
  void prepare(Consumer<Boolean> done) {
    configuration.fill(done);
  }

  /** It was taken out of its slot, where another one may be soon. */
  void gone() {
    gone = true;
  }

  boolean isGone() {
    return gone;
  }

  int requesterId() {
    return requesterId;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long regionBytes(int region) {
    if (region == CONFIGURATION) {
      return ConfigHeader.BYTES;
    }
    return region >= ConfigHeader.BARS || gone ? 0 : root.barBytes(requesterId, region);
  }

  @Override
  public void read(int region, long offset, int bytes, Answer answer) {
    perform(
        region,
        bytes,
        answer,
        () -> {
          if (region == CONFIGURATION) {
            configuration.read((int) offset, bytes, answer::done);
          } else {
            AccessParts parts = new AccessParts(offset, bytes, Long.BYTES, Long.BYTES);
            parts.read((at, width, end) -> readBar(region, at, width, end), answer);
          }
        });
  }

  @Override
  public void write(int region, long offset, byte[] data, Answer answer) {
    perform(
        region,
        data.length,
        answer,
        () -> {
          if (region == CONFIGURATION) {
            AccessParts parts = new AccessParts(offset, data.length, Integer.BYTES, Integer.BYTES);
            parts.write(data, this::writeConfiguration, answer);
          } else {
            AccessParts parts = new AccessParts(offset, data.length, Long.BYTES, Long.BYTES);
            parts.write(
                data, (at, width, value, end) -> writeBar(region, at, width, value, end), answer);
          }
        });
  }

  private void perform(int region, int bytes, Answer answer, Runnable access) {
    loop.execute(
        () -> {
          if (gone) {
            answer.failed(Errno.EIO, name + " was taken out");
          } else if (region != CONFIGURATION && bytes > MOST_BAR_BYTES) {
            answer.failed(Errno.EINVAL, "more than " + MOST_BAR_BYTES + " bytes of a BAR");
          } else {
            access.run();
          }
        });
  }

  private void readBar(int bar, long offset, int bytes, AccessParts.End<Long> end) {
    root.barRead(
        requesterId,
        bar,
        offset,
        bytes,
        (response, value) -> {
          if (response == Response.OKAY) {
            end.done(value);
          } else {
            end.failed(Errno.EIO, silent(bar, offset));
          }
        });
  }

  private void writeBar(int bar, long offset, int bytes, long value, AccessParts.End<Boolean> end) {
    if (root.barWrite(requesterId, bar, offset, bytes, value) == Response.OKAY) {
      end.done(true);
    } else {
      end.failed(Errno.EIO, silent(bar, offset));
    }
  }

  private String silent(int bar, long offset) {
    return String.format(
        "%s does not answer at 0x%x of BAR %d; is its memory space enabled?", name, offset, bar);
  }

  private void writeConfiguration(
      long offset, int bytes, long value, AccessParts.End<Boolean> end) {
    root.configWrite(
        requesterId,
        (int) offset,
        bytes,
        value,
        () -> configuration.refresh((int) offset, bytes, () -> end.done(true)));
    bars.written((int) offset, bytes, value);
    if (configuration.isFunctionReset((int) offset, bytes, value)) {
      bars.restore((register, bar) -> root.configWrite(requesterId, register, WORD, bar, () -> {}));
    }
  }

  @Override
  public void reset(Runnable done) {
    loop.execute(
        () -> {
          if (gone) {
            done.run();
            return;
          }
          root.resetFunction(
              requesterId,
              () -> {
                configuration.reset();
                bars.clear();
                done.run();
              });
        });
  }

  @Override
  public void taken(VfioClient client) {}

  @Override
  public String mapped(long address, long bytes) {
    return ram.compare(address, bytes);
  }

  @Override
  public void left() {}
}
