package org.smmulator.pcie;

import java.util.function.LongConsumer;
import org.smmulator.memory.Response;
import org.smmulator.memory.Target;

/**
 * Who answers requests that the root complex sends down. Each end of a link is one, and the host
 * bridge; a bridge would be one that takes the IDs and addresses of all that lies below it, and
 * hands a request on.
 */
interface Completer {
  /** Whether configuration requests for that ID are its own. */
  boolean answersTo(int requesterId);

  /** Whether an access to memory space of all of these bytes is its own. */
  boolean claims(long pa, int bytes);

  /** Reads 1, 2 or 4 aligned bytes of configuration space; all ones if it does not answer. */
  void configRead(int requesterId, int register, int bytes, LongConsumer done);

  /** Writes 1, 2 or 4 aligned bytes of configuration space. */
  void configWrite(int requesterId, int register, int bytes, long value, Runnable done);

  /** Reads 0, 1, 2, 4 or 8 aligned bytes of memory space. */
  void memoryRead(long pa, int bytes, Target.Answer answer);

  /** Whether more writes of functions should wait until it has taken what it was sent. */
  boolean isBehind();

  /** Writes 1, 2, 4 or 8 aligned bytes of memory space; posted. */
  Response memoryWrite(long pa, int bytes, long value);
}
