package org.smmulator.story;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Events as a tree: each below its cause, if that is there. */
public final class EventTree {
  private static final int MOST = 1_000_000;

  private record Branch(ToldEvent event, int depth) {}

  private final List<ToldEvent> roots = new ArrayList<>();
  private final Map<Long, List<ToldEvent>> effects = new HashMap<>();
  private int size;

  /** Takes the next event of a file. */
  public void add(ToldEvent event) throws StoryException {
    if (++size > MOST) {
      throw new StoryException(
          "--tree holds the "
              + MOST
              + " events that it prints at most; choose fewer with --step, --cause, --from or"
              + " --until");
    }
    List<ToldEvent> siblings = effects.getOrDefault(event.cause(), roots);
    siblings.add(event);
    if (!event.isNote()) {
      effects.put(event.id(), new ArrayList<>(0));
    }
  }

  /** Every event after its cause, as a line. */
  public void lines(Consumer<String> out) {
    Deque<Branch> open = new ArrayDeque<>();
    for (ToldEvent root : roots) {
      open.push(new Branch(root, 0));
      while (!open.isEmpty()) {
        Branch branch = open.pop();
        out.accept(branch.event.inWords(branch.depth));
        List<ToldEvent> below = effects.getOrDefault(branch.event.id(), List.of());
        for (int i = below.size() - 1; i >= 0; i--) {
          open.push(new Branch(below.get(i), branch.depth + 1));
        }
      }
    }
  }
}
