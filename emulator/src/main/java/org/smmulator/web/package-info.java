/**
 * The machine's HTTP server: metrics for Prometheus, the summary as JSON, a live page, and
 * explanations of translations. Reading changes nothing; a POST of {@code /api/step} by who has the
 * token does a step, or holds a simulated run.
 */
@NullMarked
package org.smmulator.web;

import org.jspecify.annotations.NullMarked;
