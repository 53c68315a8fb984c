package org.smmulator.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/**
 * The file that RAM is in, mapped shared and locked against a second machine. All its space is
 * taken when it is opened: a mapped page that finds none later would be a fault of the process.
 */
public final class RamFile implements AutoCloseable {
  static final int SEGMENT_SHIFT = 30;

  /** A buffer has less than 2 GiB. */
  static final int SEGMENT_BYTES = 1 << SEGMENT_SHIFT;

  private static final int ZEROES = 1 << 20;

  private final Path path;
  private final long bytes;
  private final RandomAccessFile file;
  private final ByteBuffer[] segments;
  private volatile boolean cut;

  private RamFile(Path path, long bytes, RandomAccessFile file) throws IOException {
    this.path = path;
    this.bytes = bytes;
    this.file = file;
    this.segments = new ByteBuffer[Math.toIntExact((bytes + SEGMENT_BYTES - 1) / SEGMENT_BYTES)];
    for (int i = 0; i < segments.length; i++) {
      long from = (long) i * SEGMENT_BYTES;
      long size = Math.min(SEGMENT_BYTES, bytes - from);
      segments[i] = file.getChannel().map(FileChannel.MapMode.READ_WRITE, from, size);
    }
  }

  /**
   * Makes the file, for its owner alone, or takes the one that is there with what is in it.
   *
   * @throws IOException with a sentence, if it is not a regular file of exactly this size, belongs
   *     to another machine, or has no space; a file that was made for it is gone then
   */
  public static RamFile open(Path path, long bytes) throws IOException {
    boolean fresh = create(path);
    boolean whole = false;
    try {
      if (!fresh) {
        requireRegular(path, bytes);
      }
      RamFile opened = open(path, bytes, fresh);
      whole = true;
      return opened;
    } finally {
      if (fresh && !whole) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static boolean create(Path path) throws IOException {
    try {
      var owner = PosixFilePermissions.fromString("rw-------");
      Path unused = Files.createFile(path, PosixFilePermissions.asFileAttribute(owner));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (NoSuchFileException e) {
      throw new IOException(path + ": its folder does not exist; make it, or use another path", e);
    } catch (AccessDeniedException e) {
      throw new IOException(path + " cannot be made: permission denied; use another path", e);
    } catch (IOException e) {
      throw new IOException(path + " cannot be made: " + reason(e) + "; use another path", e);
    }
  }

  /** What a path leads to, not through a link; a pipe or a device is not even opened. */
  private static BasicFileAttributes requireRegular(Path path, long bytes) throws IOException {
    BasicFileAttributes is =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!is.isRegularFile()) {
      String kind =
          is.isSymbolicLink()
              ? "a symbolic link"
              : is.isDirectory() ? "a folder" : "a pipe, socket or device";
      throw new IOException(path + " is " + kind + "; use a regular file, or a path with none");
    }
    if (is.size() != bytes) {
      throw new IOException(
          String.format(
              "%s has %,d bytes and the machine's RAM %,d; use a file of that size, or a path with"
                  + " none, or change machine.ramMiB",
              path, is.size(), bytes));
    }
    return is;
  }

  private static RamFile open(Path path, long bytes, boolean fresh) throws IOException {
    Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    RandomAccessFile file = writable(path);
    boolean whole = false;
    try {
      lock(path, file.getChannel());
      if (fresh) {
        fillWithZeroes(path, file, bytes);
      } else {
        takeHoles(path, bytes);
      }
      // Whoever may change the folder could have put another file, or a link, in its place.
      if (!Objects.equals(key, requireRegular(path, bytes).fileKey())) {
        throw new IOException(path + " is another file than a moment ago; use another path");
      }
      RamFile opened = new RamFile(path, bytes, file);
      whole = true;
      return opened;
    } finally {
      if (!whole) {
        file.close();
      }
    }
  }

  private static RandomAccessFile writable(Path path) throws IOException {
    try {
      return new RandomAccessFile(path.toFile(), "rw");
    } catch (IOException e) {
      throw new IOException(
          path + " cannot be opened to read and write; use a file that can, or another path", e);
    }
  }

  private static void lock(Path path, FileChannel channel) throws IOException {
    try {
      if (channel.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // A machine in this process.
    }
    throw new IOException(path + " is the RAM of another machine; use another path, or stop that");
  }

  private static void fillWithZeroes(Path path, RandomAccessFile file, long bytes)
      throws IOException {
    byte[] zeroes = new byte[ZEROES];
    try {
      for (long done = 0; done < bytes; done += zeroes.length) {
        file.write(zeroes, 0, (int) Math.min(zeroes.length, bytes - done));
      }
    } catch (IOException e) {
      throw noSpace(path, bytes, e);
    }
  }

  /**
   * Gives space to the parts of a file that have none, without a byte of it changing, for others
   * may be using it already. Java has no such call, and the command is part of every Linux.
   */
  private static void takeHoles(Path path, long bytes) throws IOException {
    String absolute = path.toAbsolutePath().toString();
    Process command =
        new ProcessBuilder("fallocate", "-l", Long.toString(bytes), absolute)
            .redirectErrorStream(true)
            .start();
    String said = new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (command.onExit().join().exitValue() == 0) {
      return;
    }
    throw new IOException(
        String.format(
            "%s: its %d MiB could not all be given space (%s); make some, or use another path",
            path, bytes >> 20, said.strip()));
  }

  private static IOException noSpace(Path path, long bytes, IOException e) {
    return new IOException(
        String.format(
            "%s: no space for %d MiB: %s; make some, or use another path or less RAM",
            path, bytes >> 20, reason(e)),
        e);
  }

  /** Such an exception names the file, or says the reason alone. */
  private static String reason(IOException e) {
    String reason =
        e instanceof java.nio.file.FileSystemException of ? of.getReason() : e.getMessage();
    return reason == null ? e.toString() : reason;
  }

  public Path path() {
    return path;
  }

  long bytes() {
    return bytes;
  }

  ByteBuffer[] segments() {
    return segments;
  }

  /**
   * Whether nobody has cut it short; looks. Callable from any thread.
   *
   * @see #mend
   */
  public boolean isWhole() {
    mend();
    return !cut;
  }

  /**
   * If it has been cut short, gives it zeroes for what is gone: the machine cannot go on, but until
   * it has ended its threads need something to be there. Costs a system call.
   */
  void mend() {
    try {
      if (file.length() < bytes) {
        cut = true;
        file.setLength(bytes);
      }
    } catch (IOException e) {
      // It is closed, or cannot be mended; who comes after the last byte learns that from the JVM.
    }
  }

  /** What to say when it is not whole. */
  public String cutShort() {
    return path
        + ", the file of the machine's RAM, was cut short by another program; what was in it is lost"
        + " and now zero, and the machine has ended";
  }

  /** Gives up the lock. What is mapped stays until nobody uses it. */
  @Override
  public void close() throws IOException {
    file.close();
  }
}
