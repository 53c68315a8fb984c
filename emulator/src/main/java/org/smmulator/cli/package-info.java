/**
 * The command line: reads files and options, starts a machine or a device, prints tables, and ends
 * with a documented exit code. What users can put right is said in one sentence.
 */
@NullMarked
package org.smmulator.cli;

import org.jspecify.annotations.NullMarked;
