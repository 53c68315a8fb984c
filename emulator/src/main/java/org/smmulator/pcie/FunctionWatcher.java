package org.smmulator.pcie;

/** Told which functions software may see; on the hardware loop. */
public interface FunctionWatcher {
  /**
   * Software may see a function from now on.
   *
   * @param name for people: its ID, and what its device calls itself
   */
  void announced(int requesterId, String name);

  /** Nobody sees it any more. */
  void gone(int requesterId);
}
