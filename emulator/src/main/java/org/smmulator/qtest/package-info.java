/**
 * The guest port: a program outside drives the machine through QEMU's qtest text protocol, with
 * commands of our own that inject transactions as any stream. A thread of its own reads lines and
 * executes one command at a time; the hardware is idle whenever a command is answered.
 */
@NullMarked
package org.smmulator.qtest;

import org.jspecify.annotations.NullMarked;
