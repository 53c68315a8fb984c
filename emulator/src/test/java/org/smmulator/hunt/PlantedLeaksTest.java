package org.smmulator.hunt;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.execution.explore.StoryFailure;

/** What is not given back is noticed by stories that know nothing of it. */
class PlantedLeaksTest {
  @ParameterizedTest
  @CsvSource({
    "guest.mm.FrameAllocator, release, frames that did not come back",
    "guest.mm.AsidAllocator, free, ASIDs that did not come back",
    "guest.sva.PasidAllocator, free, PASIDs in use",
    "pcie.ledger.FunctionGrants, remove, freed while this grant on it was live"
  })
  void isFound(String inClass, String emptied, String sentence) throws Exception {
    Leaking leaking = new Leaking("org.smmulator." + inClass, emptied);
    Throwable found = findOf(leaking);
    assertThat(leaking.emptied()).as("methods that do nothing").isEqualTo(1);
    assertThat(found.getClass().getName()).isEqualTo(StoryFailure.class.getName());
    assertThat(found).hasMessageContaining(sentence);
  }

  /** What the stories' own test throws on that machine. */
  private static Throwable findOf(Leaking leaking) throws ReflectiveOperationException {
    Class<?> test = leaking.loadClass(MachineHuntTest.class.getName());
    Constructor<?> constructor = test.getDeclaredConstructor();
    constructor.setAccessible(true);
    Method stories = test.getDeclaredMethod("stories");
    stories.setAccessible(true);
    Object story = ((Stream<?>) stories.invoke(null)).findFirst().orElseThrow();
    Method tell =
        test.getDeclaredMethod(
            "everyOrderEndsWithNothingLeftAndWhatTheStoryIsAboutHappens", story.getClass());
    tell.setAccessible(true);
    try {
      tell.invoke(constructor.newInstance(), story);
    } catch (InvocationTargetException e) {
      return Objects.requireNonNull(e.getCause());
    }
    throw new AssertionError("nothing is found");
  }
}
