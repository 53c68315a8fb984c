package org.smmulator.record;

import static org.smmulator.record.Detail.CHANGES;
import static org.smmulator.record.Detail.COMMANDS;
import static org.smmulator.record.Detail.TRAFFIC;
import static org.smmulator.record.EventKind.Phase.BEGINS;
import static org.smmulator.record.EventKind.Phase.ENDS;
import static org.smmulator.record.EventKind.Phase.INSTANT;
import static org.smmulator.record.EventKind.Track.DEVICE;
import static org.smmulator.record.EventKind.Track.SMMU;
import static org.smmulator.record.EventKind.Track.TASK;
import static org.smmulator.record.ValueFormat.ADDRESS;
import static org.smmulator.record.ValueFormat.COUNT;
import static org.smmulator.record.ValueFormat.NAME;
import static org.smmulator.record.ValueFormat.PASID;
import static org.smmulator.record.ValueFormat.WORD;

import java.util.List;
import org.smmulator.counter.CounterRow.Spelling;

/**
 * Everything that is recorded, a row each: where it happens, how fine a detail it is, its sentence,
 * and its values. In a sentence {@code {name}} stands for the value of that field, and {@code
 * {first..last}} for the range of two.
 */
@SuppressWarnings("ImmutableEnumChecker") // Lists of records of strings.
public enum EventKind {
  TASK_RUNS(TASK, INSTANT, TRAFFIC, "runs"),

  STEP_BEGINS(
      TASK,
      BEGINS,
      CHANGES,
      "begins {step}",
      field("step", NAME, "a step of the scenario in the words of its file"),
      field("number", COUNT, "its place in the scenario, from 1"),
      field("pages", COUNT, "pages of 4 KiB that it names; 0 if it names none")),
  STEP_ENDS(TASK, ENDS, CHANGES, "ends {step}", field("step", NAME, "the step")),

  CALL_BEGINS(
      TASK,
      BEGINS,
      CHANGES,
      "{process} {call}: {first..last}",
      field("process", NAME, "address space that changes"),
      field("call", NAME, "munmap, mprotect, madvise, fork, age or exit"),
      field("first", ADDRESS, "first byte of the range"),
      field("last", ADDRESS, "last byte of the range")),
  CALL_ENDS(
      TASK,
      ENDS,
      CHANGES,
      "{process} {call} ends",
      field("process", NAME, "address space that changed"),
      field("call", NAME, "as when it began")),
  NOTIFIER_BEGINS(
      TASK,
      BEGINS,
      CHANGES,
      "{process} notifier: {callback} {first..last}",
      field("process", NAME, "address space whose page table has changed"),
      field("callback", NAME, "callback of the MMU notifier"),
      field("first", ADDRESS, "first byte whose translations changed"),
      field("last", ADDRESS, "last byte whose translations changed")),
  NOTIFIER_ENDS(
      TASK,
      ENDS,
      CHANGES,
      "{process} notifier: {callback} returns",
      field("process", NAME, "address space"),
      field("callback", NAME, "as when it began")),
  FRAMES_FREED(
      TASK,
      INSTANT,
      CHANGES,
      "frees {frames} frames",
      field("frames", COUNT, "frames given back after CPUs and devices had forgotten them")),
  PAGE_FAULT_BEGINS(
      TASK,
      BEGINS,
      COMMANDS,
      "{process} page fault: {address} for {access}",
      field("process", NAME, "address space"),
      field("address", ADDRESS, "where the access was"),
      field("access", NAME, "r, w, x of what was wanted"),
      field("remote", COUNT, "1 for a device's page request, 0 for a CPU's access")),
  PAGE_FAULT_ENDS(
      TASK,
      ENDS,
      COMMANDS,
      "{process} page fault: {outcome}",
      field("process", NAME, "address space"),
      field("outcome", NAME, "HANDLED, or why not")),

  MM_EXIT_BEGINS(
      TASK,
      BEGINS,
      CHANGES,
      "mm_exit of {device}{pasid}",
      field("device", NAME, "whose driver is told that the process has died"),
      field("pasid", PASID, "of the process")),
  MM_EXIT_ENDS(
      TASK,
      ENDS,
      CHANGES,
      "mm_exit of {device}: {answer}",
      field("device", NAME, "as when it began"),
      field("answer", NAME, "that the device has stopped, or what the driver answered instead")),
  DRAIN_BEGINS(
      TASK,
      BEGINS,
      COMMANDS,
      "drains page requests of {device}{pasid}",
      field("device", NAME, "whose page requests are waited for"),
      field("pasid", PASID, "that they may name")),
  DRAIN_ENDS(
      TASK,
      ENDS,
      COMMANDS,
      "page requests of {device}: {answer}",
      field("device", NAME, "as when it began"),
      field("answer", NAME, "that none is left, or that it goes on asking")),
  PASID_HELD(
      TASK,
      INSTANT,
      CHANGES,
      "PASID {pasid} is to be kept out of use: {device} {why}",
      field("pasid", COUNT, "that the device may go on using"),
      field("device", NAME, "one of those that may"),
      field("why", NAME, "half a sentence")),
  PASID_QUARANTINED(
      TASK,
      INSTANT,
      CHANGES,
      "PASID {pasid} goes into quarantine",
      field("pasid", COUNT, "whose address space is gone, and which a device may still use")),
  PASID_FREED(
      TASK,
      INSTANT,
      CHANGES,
      "PASID {pasid} is free",
      field("pasid", COUNT, "that nothing names any more")),
  IO_MM_UNREFERENCED(
      TASK,
      INSTANT,
      CHANGES,
      "{ioMm} has lost its last reference",
      field("ioMm", NAME, "address space as devices share it")),
  IO_MM_RELEASED_IN_VAIN(
      TASK,
      INSTANT,
      CHANGES,
      "{ioMm} is released without a reference left",
      field("ioMm", NAME, "address space whose last unbind came first")),

  DRIVER_BEGINS(
      TASK,
      BEGINS,
      COMMANDS,
      "driver: {operation} of {subject}",
      field("operation", NAME, "operation of the IOMMU's driver"),
      field("subject", NAME, "device or address space")),
  DRIVER_ENDS(
      TASK,
      ENDS,
      COMMANDS,
      "driver: {operation} returns",
      field("operation", NAME, "as when it began")),
  CONTEXT_DESCRIPTOR(
      TASK,
      INSTANT,
      COMMANDS,
      "CD of {device}{pasid} becomes {state}",
      field("device", NAME, "of whose stream's table it is"),
      field("pasid", PASID, "whose translations it describes"),
      field("state", NAME, "live; quiet, so that accesses abort without a record; or clear")),
  COMMANDS_QUEUED(
      TASK,
      INSTANT,
      COMMANDS,
      "queues {commands} commands",
      field("commands", COUNT, "entries written to the command queue, the SYNC included"),
      field("index", COUNT, "of the first, wrap bit included")),
  PAGE_REQUEST_TAKEN(
      TASK,
      INSTANT,
      COMMANDS,
      "takes page request of {device}{pasid} {address} group {group}",
      field("device", NAME, "who asks"),
      field("pasid", PASID, "in whose address space"),
      field("address", ADDRESS, "page"),
      field("group", COUNT, "page request group index")),

  COMMAND(
      SMMU,
      INSTANT,
      COMMANDS,
      "{word0} {word1}",
      field("word0", WORD, "first word of a command that the SMMU has consumed"),
      field("word1", WORD, "its second word")),
  SMMU_EVENT(
      SMMU,
      INSTANT,
      COMMANDS,
      "event {word0} {word1} {word2} {word3}",
      field("word0", WORD, "first word of an event record"),
      field("word1", WORD, "its second word"),
      field("word2", WORD, "its third word"),
      field("word3", WORD, "its fourth word")),

  PAGE_REQUEST_QUEUED(
      SMMU,
      INSTANT,
      COMMANDS,
      "page request goes to the PRI queue: {index}",
      field("index", COUNT, "of the entry, wrap bit included")),

  DEVICE_ATTACHED(
      DEVICE,
      INSTANT,
      CHANGES,
      "is attached as {name}, model {model}",
      field("name", NAME, "what it calls itself"),
      field("model", NAME, "what it is")),
  INVALIDATION(
      DEVICE,
      BEGINS,
      COMMANDS,
      "invalidation{pasid} {first..last}",
      field("pasid", PASID, "whose translations the Invalidate Request is for"),
      field("first", ADDRESS, "first byte of the range"),
      field("last", ADDRESS, "last byte of the range")),
  ENTRIES_DROPPED(
      DEVICE,
      INSTANT,
      COMMANDS,
      "dropped {entries} entries of {first..last}",
      field("entries", COUNT, "ATC entries that the device says a request made it drop"),
      field("first", ADDRESS, "first byte of the run of pages that they served"),
      field("last", ADDRESS, "last byte; with 0 before it the device did not list the pages")),
  INVALIDATION_COMPLETED(
      DEVICE,
      ENDS,
      COMMANDS,
      "invalidation completed{pasid} {first..last}",
      field("pasid", PASID, "as in its request"),
      field("first", ADDRESS, "as in its request"),
      field("last", ADDRESS, "as in its request"),
      field("requests", COUNT, "invalidations of the SMMU that it stood for")),
  INVALIDATION_ENDED(
      DEVICE,
      ENDS,
      COMMANDS,
      "invalidation {how}{pasid} {first..last}",
      field("how", NAME, "timed out, failed or abandoned: no completion came"),
      field("pasid", PASID, "as in its request"),
      field("first", ADDRESS, "as in its request"),
      field("last", ADDRESS, "as in its request")),

  TRANSLATION_REQUEST(
      DEVICE,
      INSTANT,
      TRAFFIC,
      "translation request{pasid} {address} x{pages} for {access}",
      field("pasid", PASID, "in whose address space"),
      field("address", ADDRESS, "first page"),
      field("pages", COUNT, "translations asked for"),
      field("access", NAME, "read, or write as well")),
  TRANSLATION_COMPLETION(
      DEVICE,
      INSTANT,
      TRAFFIC,
      "translation completion{pasid} {address}: {answer}",
      field("pasid", PASID, "as in its request"),
      field("address", ADDRESS, "as in its request"),
      field("answer", NAME, "status, or permissions of the first translation"),
      field("translated", ADDRESS, "address of the first translation")),
  PAGE_REQUEST(
      DEVICE,
      INSTANT,
      COMMANDS,
      "page request{pasid} {address} group {group} flags {flags}",
      field("pasid", PASID, "in whose address space"),
      field("address", ADDRESS, "page"),
      field("group", COUNT, "page request group index"),
      field("flags", COUNT, "1 read, 2 write, 4 last of its group")),
  PAGE_RESPONSE(
      DEVICE,
      INSTANT,
      COMMANDS,
      "page response{pasid} group {group} code {code}",
      field("pasid", PASID, "as in the request"),
      field("group", COUNT, "page request group index"),
      field("code", COUNT, "0 success, 1 invalid request, 15 failure"));

  /** Whose doing it is, and on whose line it is drawn. */
  public enum Track {
    TASK,
    SMMU,
    DEVICE
  }

  /** A thing of some length begins and ends; the end names its beginning as its cause. */
  public enum Phase {
    INSTANT,
    BEGINS,
    ENDS
  }

  /**
   * One value of an event.
   *
   * @param name as in JSON and in the row's sentence
   * @param meaning half a sentence
   */
  public record Field(String name, ValueFormat format, String meaning) {}

  private final Track track;
  private final Phase phase;
  private final Detail detail;
  private final int level;
  private final String sentence;
  private final List<Field> fields;

  EventKind(Track track, Phase phase, Detail detail, String sentence, Field... fields) {
    this.track = track;
    this.phase = phase;
    this.detail = detail;
    this.level = detail.level();
    this.sentence = sentence;
    this.fields = List.of(fields);
  }

  private static Field field(String name, ValueFormat format, String meaning) {
    return new Field(name, format, meaning);
  }

  public Track track() {
    return track;
  }

  public Phase phase() {
    return phase;
  }

  int level() {
    return level;
  }

  public Detail detail() {
    return detail;
  }

  public String sentence() {
    return sentence;
  }

  public List<Field> fields() {
    return fields;
  }

  /** As in JSON: {@code pageRequest}. */
  public String spelled() {
    return Spelling.camelCase(name());
  }
}
