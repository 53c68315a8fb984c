/**
 * The machine's HTTP server: metrics for Prometheus, the summary as JSON, a live page, and
 * explanations of translations. Read only; nothing that it is asked changes the machine.
 */
@NullMarked
package org.smmulator.web;

import org.jspecify.annotations.NullMarked;
