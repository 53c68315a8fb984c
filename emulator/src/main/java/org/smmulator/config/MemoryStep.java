package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonTypeName;
import org.jspecify.annotations.Nullable;

/** A step in which a process uses its memory by itself, or tells the kernel what it needs of it. */
public sealed interface MemoryStep extends Step {
  /** What somebody does for each of them. */
  interface Cases<E extends Exception> {
    void store(Store step) throws E;

    void load(Load step) throws E;

    void dontNeed(DontNeed step) throws E;
  }

  /** The process. */
  String process();

  /** Calls the case of this kind of step. */
  <E extends Exception> void chooseMemory(Cases<E> cases) throws E;

  @Override
  default <E extends Exception> void choose(StepCases<E> cases) throws E {
    cases.memory(this);
  }

  /** The process stores 8 bytes, little-endian, with a page fault if need be. */
  @JsonTypeName("store")
  record Store(
      @Key(meaning = "Process that stores.", syntax = Syntax.NAME) String process,
      @Key(meaning = "Page.", unit = "pages of 4 KiB", max = (1 << 18) - 1) int page,
      @Key(
              meaning = "Place in the page, a multiple of 8.",
              unit = "bytes",
              fallback = "0",
              max = 4088)
          int offset,
      @Key(meaning = "What it stores.", max = Long.MAX_VALUE) long value,
      @Key(meaning = "Whether it has to get SIGSEGV for it.", fallback = "false") boolean segv)
      implements MemoryStep {
    @Override
    public <E extends Exception> void chooseMemory(Cases<E> cases) throws E {
      cases.store(this);
    }
  }

  /** The process loads 8 bytes, little-endian, with a page fault if need be; they must be right. */
  @JsonTypeName("load")
  record Load(
      @Key(meaning = "Process that loads.", syntax = Syntax.NAME) String process,
      @Key(meaning = "Page.", unit = "pages of 4 KiB", max = (1 << 18) - 1) int page,
      @Key(
              meaning = "Place in the page, a multiple of 8.",
              unit = "bytes",
              fallback = "0",
              max = 4088)
          int offset,
      @Key(
              meaning =
                  "What has to be there; null: whatever was stored, written or copied there last, or"
                      + " zero.",
              nullable = true,
              max = Long.MAX_VALUE)
          @Nullable Long value,
      @Key(meaning = "Whether it has to get SIGSEGV for it.", fallback = "false") boolean segv)
      implements MemoryStep {
    @Override
    public <E extends Exception> void chooseMemory(Cases<E> cases) throws E {
      cases.load(this);
    }
  }

  /** The process has no use of what is in pages (MADV_DONTNEED): they stay, and read as zeroes. */
  @JsonTypeName("dontNeed")
  record DontNeed(
      @Key(meaning = "Process whose pages are emptied.", syntax = Syntax.NAME) String process,
      @Key(meaning = "First page.", unit = "pages of 4 KiB", max = 1 << 18) int page,
      @Key(meaning = "Number of pages.", unit = "pages of 4 KiB", min = 1, max = 1 << 18) int pages)
      implements MemoryStep {
    @Override
    public <E extends Exception> void chooseMemory(Cases<E> cases) throws E {
      cases.dontNeed(this);
    }
  }
}
