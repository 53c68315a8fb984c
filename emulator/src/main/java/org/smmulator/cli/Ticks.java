package org.smmulator.cli;

import java.util.concurrent.TimeUnit;

/** Time as a command has it that looks again and again. */
interface Ticks {
  Ticks OF_THE_SYSTEM =
      new Ticks() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void pause(long nanos) throws InterruptedException {
          TimeUnit.NANOSECONDS.sleep(nanos);
        }
      };

  /** From some moment on. */
  long nanos();

  void pause(long nanos) throws InterruptedException;
}
