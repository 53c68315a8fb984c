package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import org.smmulator.execution.Loop;

/** What a link sends through: a socket or the other link of the same process. */
interface Wire {
  Loop loop();

  /** Who is at the other end, for people. */
  String peer();

  /** An empty buffer with room for that much. */
  ByteBuf allocate(int bytes);

  /** Sends the bytes now; the buffer belongs to the wire from here on. */
  void send(ByteBuf bytes);

  /** Bytes given to {@link #send} that have not left this side. */
  long unsentBytes();

  /** Whether to receive at all; little of what was on its way already may still come. */
  void reading(boolean wanted);

  /** Ends the connection once everything is sent; whatever still arrives is thrown away. */
  void finish();

  /** Ends the connection at once. */
  void abort();
}
