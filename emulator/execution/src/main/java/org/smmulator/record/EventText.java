package org.smmulator.record;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Events in words, by the sentences of their rows. */
public final class EventText {
  /** Puts entries of the SMMU's queues into words; knows their fields. */
  public interface Entries {
    String command(long word0, long word1);

    /** An event record by its four words. */
    String event(long[] record);
  }

  private static final Pattern PLACE = Pattern.compile("\\{(\\w+)(?:\\.\\.(\\w+))?}");

  /** The highest bit of the last address of a whole address space. */
  private static final int LAST_BIT = 47;

  private static final Map<EventKind, Sentence> SENTENCES = new EnumMap<>(EventKind.class);

  static {
    for (EventKind kind : EventKind.values()) {
      SENTENCES.put(kind, Sentence.of(kind));
    }
  }

  private final Entries entries;

  public EventText(Entries entries) {
    this.entries = entries;
  }

  /** What happened, without who and when. */
  public String of(RecordedEvent event) {
    return switch (event.kind()) {
      case COMMAND -> entries.command(event.value(0), event.value(1));
      case SMMU_EVENT -> "event " + entries.event(fourWords(event));
      case ENTRIES_DROPPED -> dropped(event);
      default -> sentence(event.kind()).of(event);
    };
  }

  /** By numbers, as people say them; a device need not list the pages. */
  private static String dropped(RecordedEvent event) {
    long entries = event.value(0);
    if (entries == 0) {
      return "dropped nothing";
    }
    String counted = "dropped " + entries + (entries == 1 ? " entry" : " entries");
    boolean listed = event.value(1) != 0 || event.value(2) != -1;
    return counted + (listed ? " of " + range(event, 1, 2) : "; it did not list their pages");
  }

  private static String range(RecordedEvent event, int first, int last) {
    boolean all = event.value(first) == 0 && event.value(last) >>> LAST_BIT != 0;
    return all
        ? "all addresses"
        : ValueFormat.ADDRESS.inWords(event, first)
            + " to "
            + ValueFormat.ADDRESS.inWords(event, last);
  }

  private static long[] fourWords(RecordedEvent event) {
    return new long[] {event.value(0), event.value(1), event.value(2), event.value(3)};
  }

  private static Sentence sentence(EventKind kind) {
    Sentence found = SENTENCES.get(kind);
    if (found == null) {
      throw new IllegalStateException("no sentence for " + kind);
    }
    return found;
  }

  /** A field, or the range from one to another. */
  private record Place(int field, int last) {
    static final int NONE = -1;
  }

  /** Texts, with places for fields between them, and one text more. */
  private record Sentence(EventKind kind, List<String> texts, List<Place> places) {
    static Sentence of(EventKind kind) {
      List<String> texts = new ArrayList<>();
      List<Place> places = new ArrayList<>();
      Matcher place = PLACE.matcher(kind.sentence());
      int end = 0;
      while (place.find()) {
        texts.add(kind.sentence().substring(end, place.start()));
        String last = place.group(2);
        places.add(
            new Place(
                indexOf(kind, place.group(1)), last == null ? Place.NONE : indexOf(kind, last)));
        end = place.end();
      }
      texts.add(kind.sentence().substring(end));
      return new Sentence(kind, texts, places);
    }

    private static int indexOf(EventKind kind, String name) {
      for (int field = 0; field < kind.fields().size(); field++) {
        if (kind.fields().get(field).name().equals(name)) {
          return field;
        }
      }
      throw new IllegalStateException(kind + " has no field '" + name + "'");
    }

    String of(RecordedEvent event) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < places.size(); i++) {
        Place place = places.get(i);
        int field = place.field;
        text.append(texts.get(i));
        text.append(
            place.last == Place.NONE
                ? kind.fields().get(field).format().inWords(event, field)
                : range(event, field, place.last));
      }
      return text.append(texts.get(places.size())).toString();
    }
  }
}
