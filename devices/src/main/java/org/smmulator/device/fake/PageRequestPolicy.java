package org.smmulator.device.fake;

/** How a fake root complex answers page requests. Called on its loop. */
@FunctionalInterface
public interface PageRequestPolicy {
  /** No response is sent, or not now: see {@link FakeRootComplex#respond}. */
  int NO_RESPONSE = -1;

  /** The code of {@link org.smmulator.bus.tlp.PageResponseCode}, or {@link #NO_RESPONSE}. */
  int respond(Packet request);
}
