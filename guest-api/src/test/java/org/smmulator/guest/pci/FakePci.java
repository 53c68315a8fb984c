package org.smmulator.guest.pci;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.port.Mmio;

/** ECAM, PCIe memory space and hot-plug block of a machine that exists only in a test. */
public final class FakePci {
  public final Map<Integer, FakeFunction> functions = new HashMap<>();
  public final List<String> memoryWrites = new ArrayList<>();
  public final ArrayDeque<Integer> events = new ArrayDeque<>();
  public final Map<Integer, Runnable> handlers = new HashMap<>();

  public final Mmio ecam =
      new Window() {
        @Override
        public long read(long offset, int size) {
          FakeFunction function = functions.get((int) (offset >>> 12));
          return function == null
              ? (1L << (8 * size)) - 1
              : function.read((int) offset & 0xfff, size);
        }

        @Override
        public void write(long offset, int size, long value) {
          FakeFunction function = functions.get((int) (offset >>> 12));
          if (function != null) {
            function.write((int) offset & 0xfff, size, value);
          }
        }
      };

  public final Mmio memory =
      new Window() {
        @Override
        public long read(long offset, int size) {
          return 0;
        }

        @Override
        public void write(long offset, int size, long value) {
          memoryWrites.add(String.format("%x=%x/%d", offset, value, size));
        }
      };

  public final Mmio hotPlug =
      new Window() {
        @Override
        public long read(long offset, int size) {
          @Nullable Integer head = events.peek();
          return head == null ? 0 : Integer.toUnsignedLong(head);
        }

        @Override
        public void write(long offset, int size, long value) {
          events.poll();
        }
      };

  public final Interrupts interrupts =
      new Interrupts() {
        @Override
        public void connect(int intid, Runnable handler) {
          handlers.put(intid, handler);
        }

        @Override
        public void disconnect(int intid) {
          handlers.remove(intid);
        }
      };

  public void plug(int requesterId, FakeFunction function) {
    functions.put(requesterId, function);
    events.add(1 << 31 | 1 << 30 | requesterId);
    raise();
  }

  public void unplug(int requesterId) {
    functions.remove(requesterId);
    events.add(1 << 31 | requesterId);
    raise();
  }

  private void raise() {
    Runnable handler = handlers.get(MemoryMap.HOTPLUG_INTID);
    if (handler != null) {
      handler.run();
    }
  }

  private abstract static class Window implements Mmio {
    @Override
    public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
      throw new UnsupportedOperationException();
    }
  }
}
