package org.smmulator.guest.mm;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Writes down its callbacks, addresses relative to a base, and looks around inside them. */
final class RecordingNotifier implements MmuNotifier {
  final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private final long base;
  private final Runnable inside;

  RecordingNotifier(long base, Runnable inside) {
    this.base = base;
    this.inside = inside;
  }

  RecordingNotifier(long base) {
    this(base, () -> {});
  }

  @Override
  public void release(AddressSpace mm) {
    called("release");
  }

  @Override
  public boolean clearFlushYoung(AddressSpace mm, long start, long end) {
    called("clearFlushYoung " + pages(start, end));
    return false;
  }

  @Override
  public void changePte(AddressSpace mm, long address) {
    called("changePte " + (address - base) / MmKernel.PAGE);
  }

  @Override
  public void invalidateRange(AddressSpace mm, long start, long end) {
    called("invalidateRange " + pages(start, end));
  }

  private void called(String call) {
    calls.add(call);
    inside.run();
  }

  /** First page and page after the last, counted from the base. */
  private String pages(long start, long end) {
    return (start - base) / MmKernel.PAGE + ".." + (end - base) / MmKernel.PAGE;
  }
}
