/**
 * The machine's HTTP server: metrics for Prometheus, the summary as JSON, and a live page. Read
 * only; it shows what {@code metrics} hands out and can change nothing.
 */
@NullMarked
package org.smmulator.web;

import org.jspecify.annotations.NullMarked;
