package org.smmulator.story;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.AnnotationElement;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.EventFactory;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;
import jdk.jfr.StackTrace;
import jdk.jfr.ValueDescriptor;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;
import org.smmulator.record.ValueFormat;

/**
 * The story as events of the JVM's flight recorder, one type for each kind, such as {@code
 * smmulator.invalidation}. They are off until a recording asks for them by name, be it when the run
 * begins or later, and nothing is done before; when no recording asks any more they are off again.
 * An event is committed when it is delivered; {@code nanos} is the time of the run.
 *
 * <p>The flight recorder calls with a lock of its own held, and gets the recorder's inside: so what
 * is called with the recorder's lock held takes none of the flight recorder's.
 */
public final class FlightRecorderEvents implements EventReader, AutoCloseable {
  private static final String PREFIX = "smmulator.";

  /** Made when a recording is there; a type lives as long as the JVM. */
  private static final class Types {
    static final Map<EventKind, EventFactory> ALL = new EnumMap<>(EventKind.class);

    static {
      for (EventKind kind : EventKind.values()) {
        ALL.put(kind, type(kind));
      }
    }

    private static EventFactory type(EventKind kind) {
      List<AnnotationElement> annotations =
          List.of(
              new AnnotationElement(Name.class, PREFIX + kind.spelled()),
              new AnnotationElement(Label.class, kind.spelled()),
              new AnnotationElement(Description.class, kind.sentence()),
              new AnnotationElement(Category.class, new String[] {"Smmulator"}),
              new AnnotationElement(Enabled.class, false),
              new AnnotationElement(StackTrace.class, false));
      List<ValueDescriptor> values = new ArrayList<>();
      values.add(new ValueDescriptor(long.class, "id"));
      values.add(new ValueDescriptor(long.class, "cause"));
      values.add(new ValueDescriptor(long.class, "nanos"));
      values.add(new ValueDescriptor(String.class, "who"));
      for (EventKind.Field field : kind.fields()) {
        Class<?> type = field.format() == ValueFormat.NAME ? String.class : long.class;
        values.add(new ValueDescriptor(type, field.name()));
      }
      return EventFactory.create(annotations, values);
    }
  }

  /**
   * Never committed: it only makes the flight recorder call before it ends a chunk of a recording,
   * so that what has happened until then is in it.
   */
  @Name(PREFIX + "delivery")
  @Label("delivery")
  @Description("The events until then are delivered; it has none itself")
  @Category("Smmulator")
  @Period("endChunk")
  @StackTrace(false)
  private static final class Delivery extends Event {}

  private static final int OWN_VALUES = 4;

  private final Recorder recorder;
  private final Runnable deliver;
  private final FlightRecorderListener listener =
      new FlightRecorderListener() {
        @Override
        public void recordingStateChanged(Recording recording) {
          follow();
        }
      };

  private volatile Detail detail = Detail.NOTHING;
  private boolean delivering;
  private boolean closed;

  private FlightRecorderEvents(Recorder recorder) {
    this.recorder = recorder;
    this.deliver = recorder::deliver;
  }

  /** Those of a recorder, for the recordings that run now. */
  public static FlightRecorderEvents of(Recorder recorder) {
    FlightRecorderEvents events = new FlightRecorderEvents(recorder);
    recorder.addReader(events);
    events.follow();
    return events;
  }

  /** From now on also for those that begin. Takes some 10 ms, as it loads the flight recorder. */
  public synchronized void listen() {
    if (!closed) {
      FlightRecorder.addListener(listener);
      follow();
    }
  }

  /** A recording has begun or ended, perhaps; it is told before who began it goes on. */
  private synchronized void follow() {
    Detail wanted = isRecording() ? wanted() : Detail.NOTHING;
    if (wanted != Detail.NOTHING && !delivering) {
      FlightRecorder.addPeriodicEvent(Delivery.class, deliver);
      delivering = true;
    }
    if (wanted != detail) {
      detail = wanted;
      recorder.readersChanged();
    }
  }

  private static boolean isRecording() {
    return FlightRecorder.isInitialized()
        && FlightRecorder.getFlightRecorder().getRecordings().stream()
            .anyMatch(recording -> recording.getState() == RecordingState.RUNNING);
  }

  private static Detail wanted() {
    Detail most = Detail.NOTHING;
    for (Map.Entry<EventKind, EventFactory> type : Types.ALL.entrySet()) {
      Detail wanted = type.getKey().detail();
      if (type.getValue().getEventType().isEnabled() && wanted.compareTo(most) > 0) {
        most = wanted;
      }
    }
    return most;
  }

  @Override
  public Detail detail() {
    return detail;
  }

  @Override
  public void event(RecordedEvent recorded) {
    EventFactory type = Types.ALL.get(recorded.kind());
    if (type == null || !type.getEventType().isEnabled()) {
      return;
    }
    Event event = type.newEvent();
    event.set(0, recorded.id());
    event.set(1, recorded.cause());
    event.set(2, recorded.nanos());
    event.set(3, recorded.who());
    List<EventKind.Field> fields = recorded.kind().fields();
    for (int field = 0; field < fields.size(); field++) {
      boolean name = fields.get(field).format() == ValueFormat.NAME;
      Object value = name ? recorded.name(field) : (Object) recorded.value(field);
      event.set(OWN_VALUES + field, value);
    }
    event.commit();
  }

  /** No recording gets any more. */
  @Override
  public synchronized void close() {
    closed = true;
    if (FlightRecorder.isInitialized()) {
      FlightRecorder.removeListener(listener);
    }
    if (delivering) {
      FlightRecorder.removePeriodicEvent(deliver);
    }
    recorder.removeReader(this);
  }
}
