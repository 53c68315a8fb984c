package org.smmulator.cli;

/** What Ctrl-C or another signal that ends the JVM does first, while a command works. */
final class SignalHook {
  private final Thread thread;

  private SignalHook(Runnable action) {
    thread = new Thread(action, "signal");
  }

  /** From now on, on a thread of its own. */
  static SignalHook add(Runnable action) {
    SignalHook hook = new SignalHook(action);
    Runtime.getRuntime().addShutdownHook(hook.thread);
    return hook;
  }

  /** The command is done. */
  void remove() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException e) {
      // The JVM is going down already, and the hook does the rest.
    }
  }
}
