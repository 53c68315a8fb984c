/**
 * Explores the orders in which a small program, a {@link org.smmulator.execution.explore.Story},
 * can run: all of them that are few delays away from the default order, and then orders drawn by
 * priorities and uniformly. It counts how often what the story is about really happened, and makes
 * the schedule of a failure short.
 */
@NullMarked
package org.smmulator.execution.explore;

import org.jspecify.annotations.NullMarked;
