package org.smmulator.web;

import org.smmulator.history.Pace;

/** How a simulated machine is held and let go on, and who may. */
public record Control(Pace pace, StepToken token) {}
