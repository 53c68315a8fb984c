/**
 * A root complex for tests of devices, in the process of the test: memory, translations that the
 * test sets, and every answer under the test's control. Published with the SDK, for device authors.
 */
@NullMarked
package org.smmulator.device.fake;

import org.jspecify.annotations.NullMarked;
