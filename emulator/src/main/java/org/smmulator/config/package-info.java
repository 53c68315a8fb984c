/**
 * The machine file: YAML bound strictly to records. The records are the one place that says which
 * keys there are, what they mean and which values are right; the loader, the JSON schema and the
 * reference file are checked against them.
 */
@NullMarked
package org.smmulator.config;

import org.jspecify.annotations.NullMarked;
