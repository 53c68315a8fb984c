package org.smmulator.cli;

/** The command line's entry. */
public final class Smmulator {
  private Smmulator() {}

  public static void main(String[] args) {
    System.out.println("smmulator");
  }
}
