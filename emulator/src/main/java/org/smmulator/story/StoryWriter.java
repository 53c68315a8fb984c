package org.smmulator.story;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.EventReader;

/**
 * Writes a story to a file while it is told. Keeps the first failure to write, as nobody who
 * records can mend it.
 */
public interface StoryWriter extends EventReader {
  /**
   * Ends the file; nothing is written any more. From any thread.
   *
   * @return what could not be written
   */
  @Nullable IOException close();
}
