package org.smmulator.vfio;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A function of bytes that says what it is asked, and answers at once or when it is told to. */
final class ScriptedFunction implements ServedFunction {
  static final int BAR0_BYTES = 0x2_0000;

  final List<String> asked = new ArrayList<>();
  final ArrayDeque<Runnable> held = new ArrayDeque<>();
  final byte[] bar0 = new byte[BAR0_BYTES];
  final byte[] configuration = new byte[4096];
  boolean holds;
  int failure;
  String note = "";
  @Nullable VfioClient client;

  @Override
  public String name() {
    return "the scripted function";
  }

  @Override
  public long regionBytes(int region) {
    return region == 0 ? BAR0_BYTES : region == CONFIGURATION ? configuration.length : 0;
  }

  private byte[] bytes(int region) {
    return region == 0 ? bar0 : configuration;
  }

  private void end(Runnable answer) {
    if (holds) {
      held.add(answer);
    } else {
      answer.run();
    }
  }

  @Override
  public void read(int region, long offset, int bytes, Answer answer) {
    asked.add(String.format("read %d 0x%x %d", region, offset, bytes));
    end(
        () -> {
          if (failure != 0) {
            answer.failed(failure, "as the script says");
            return;
          }
          byte[] data = new byte[bytes];
          System.arraycopy(bytes(region), (int) offset, data, 0, bytes);
          answer.done(data);
        });
  }

  @Override
  public void write(int region, long offset, byte[] data, Answer answer) {
    asked.add(String.format("write %d 0x%x %d", region, offset, data.length));
    end(
        () -> {
          System.arraycopy(data, 0, bytes(region), (int) offset, data.length);
          answer.done(new byte[0]);
        });
  }

  @Override
  public void reset(Runnable done) {
    asked.add("reset");
    end(done);
  }

  @Override
  public void taken(VfioClient newClient) {
    asked.add("taken");
    client = newClient;
  }

  @Override
  public String mapped(long address, long bytes) {
    asked.add(String.format("mapped 0x%x 0x%x", address, bytes));
    return note;
  }

  @Override
  public void left() {
    asked.add("left");
    client = null;
  }
}
