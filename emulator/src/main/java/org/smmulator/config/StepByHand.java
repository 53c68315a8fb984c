package org.smmulator.config;

import java.util.List;
import org.smmulator.arch.port.PciAddress;
import tools.jackson.databind.JsonNode;

/**
 * One step that somebody asks a running machine for: its text, and whether the machine allows it.
 */
public final class StepByHand {
  /** The longest text of a step, in characters. */
  public static final int MOST_CHARACTERS = 1 << 15;

  private static final long MOST_STEPS = 10_000;
  private static final String WHERE = "step";

  private final Problems problems = new Problems(Place.option(WHERE));
  private final ScenarioRules rules;

  /**
   * On a machine that has nobody yet.
   *
   * @param ramBytes of the machine
   */
  public StepByHand(long ramBytes) {
    rules = new ScenarioRules(problems, ramBytes, "that the guest drives is attached");
  }

  /**
   * Reads a step as a scenario has it, such as {@code exit: {process: alice}}.
   *
   * @throws ConfigException if it is none; the message says why
   */
  public static Step parse(String text) throws ConfigException {
    if (text.length() > MOST_CHARACTERS) {
      throw new ConfigException(
          "step: " + text.length() + " characters; a step has at most " + MOST_CHARACTERS);
    }
    Place place = Place.option(WHERE);
    Problems problems = new Problems(place);
    JsonNode tree = YamlTree.read(place, text, "", problems);
    // As in a file's list, too: "- exit: {process: alice}".
    JsonNode step = tree.isArray() && tree.size() == 1 ? tree.get(0) : tree;
    JsonNode complete = new Shape(problems).step(step, "");
    problems.throwIfAny();
    return ConfigFile.bind(complete, Step.class);
  }

  /** A device is there, with a queue for each of so many processes; 0 if it is no dma engine. */
  public void device(PciAddress id, int queues) {
    rules.device(id, queues);
  }

  /**
   * A process lives.
   *
   * @param bound once for each time that it is bound
   */
  public void living(String name, int pages, List<PciAddress> bound) {
    rules.living(name, pages, bound);
  }

  /** A process has ended; its name is not used again. */
  public void ended(String name) {
    rules.ended(name);
  }

  /**
   * A stream has been started.
   *
   * @param name to wait for it by, or its step in words
   * @param works whether it is still under way
   */
  public void stream(String name, Step.Dma step, boolean works) {
    rules.stream(name, step, works);
  }

  /** A program has been started, to wait for it by this name. */
  public void program(String name) {
    rules.program(name);
  }

  /**
   * Whether a step can be done on such a machine.
   *
   * @throws ConfigException if not; the message says why
   */
  public void require(Step step) throws ConfigException {
    if (NestedSteps.contains(step, Parallel.class) || NestedSteps.contains(step, At.class)) {
      problems.add("", "parallel and at are for machine files; do their steps one by one");
    } else if (NestedSteps.planned(List.of(step)) > MOST_STEPS) {
      problems.add("", "more than " + MOST_STEPS + " steps; use fewer rounds");
    } else {
      rules.check(step, "");
    }
    problems.throwIfAny();
  }
}
