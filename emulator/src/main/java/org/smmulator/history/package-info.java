/**
 * What a machine was like, from its beginning on: samples of all that it counts, in bounded memory,
 * for whoever comes late.
 */
@NullMarked
package org.smmulator.history;

import org.jspecify.annotations.NullMarked;
