package org.smmulator.qtest;

import org.smmulator.time.SteppedHardware;

/** Commands that move virtual time; each answers the time it is then. */
final class ClockCommands {
  private final SteppedHardware hardware;

  ClockCommands(SteppedHardware hardware) {
    this.hardware = hardware;
  }

  /** {@code clock_step [NS]}; without a number to the next deadline. */
  String step(Words words) throws CommandException {
    requireVirtualTime();
    if (words.hasNext()) {
      hardware.advance(words.number("NS", 0, Long.MAX_VALUE));
    } else {
      hardware.advanceToNextDeadline();
    }
    return "OK " + hardware.loop().nanoTime();
  }

  /** {@code clock_set NS}; a time that is past changes nothing. */
  String set(Words words) throws CommandException {
    requireVirtualTime();
    long then = words.number("NS", 0, Long.MAX_VALUE);
    hardware.advance(Math.max(0, then - hardware.loop().nanoTime()));
    return "OK " + hardware.loop().nanoTime();
  }

  private void requireVirtualTime() throws CommandException {
    if (!hardware.isOnVirtualTime()) {
      throw CommandException.failed("real time moves by itself; use guest.clock: virtual");
    }
  }
}
