package org.smmulator.bus.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The file of a UNIX socket that its user alone can connect to, from its first moment on: it is
 * bound in a folder that nobody else can enter, gets its permissions there, and is linked to its
 * place, which fails if anything is there. What a killed listener left there makes room.
 */
final class SocketFile implements AutoCloseable {
  private static final FileAttribute<?> PRIVATE_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final int FILE_TYPE = 0170000;
  private static final int SOCKET = 0140000;
  private static final int TRIES = 100;

  private final Path place;
  private final Path folder;
  private @Nullable Path shortcut;
  private @Nullable Object published;

  private SocketFile(Path place, Path folder) {
    this.place = place;
    this.folder = folder;
  }

  /** Prepares a socket for this place, in a private folder beside it. */
  static SocketFile at(Path place) throws IOException {
    for (int i = 1; ; i++) {
      int some = ThreadLocalRandom.current().nextInt(1 << 24);
      Path folder = place.resolveSibling(String.format(".%06x", some));
      try {
        return new SocketFile(place, Files.createDirectory(folder, PRIVATE_FOLDER));
      } catch (FileAlreadyExistsException e) {
        if (i == TRIES) {
          throw e;
        }
      } catch (FileSystemException e) {
        throw new IOException(reason(place, e), e);
      }
    }
  }

  private static String reason(Path place, FileSystemException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no folder " + place.getParent();
    }
    if (e instanceof AccessDeniedException) {
      return "you may not write to its folder";
    }
    return String.valueOf(e.getReason());
  }

  /** Where to bind the socket; as short as sockets need it, however long the place's name is. */
  Path toBind() throws IOException {
    Path socket = folder.resolve("s");
    if (socket.toString().getBytes(UTF_8).length <= BusAddress.MAX_PATH_BYTES) {
      return socket;
    }
    Path elsewhere = Files.createTempDirectory("bus", PRIVATE_FOLDER);
    shortcut = Files.createSymbolicLink(elsewhere.resolve("f"), folder.toAbsolutePath());
    return shortcut.resolve("s");
  }

  /** Puts the socket, which listens by now, to its place. */
  void publish() throws IOException {
    Path socket = folder.resolve("s");
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    try {
      Files.createLink(place, socket);
    } catch (FileAlreadyExistsException e) {
      makeRoom();
      link(socket);
    }
    published = identity(place);
  }

  private void link(Path socket) throws IOException {
    try {
      Files.createLink(place, socket);
    } catch (FileAlreadyExistsException e) {
      throw new IOException("Address already in use", e);
    }
  }

  /** Removes a socket at which nobody listens; leaves everything else alone. */
  private void makeRoom() throws IOException {
    Object found = identity(place);
    if (found == null) {
      return;
    }
    if ((mode(place) & FILE_TYPE) != SOCKET) {
      throw new IOException("the file there is no socket");
    }
    if (!isDead()) {
      return;
    }
    Path aside = folder.resolve("dead");
    Files.move(place, aside, StandardCopyOption.ATOMIC_MOVE);
    if (!found.equals(identity(aside))) {
      Files.createLink(place, aside); // somebody else made room first, and listens there now
    }
    Files.delete(aside);
  }

  private static int mode(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:mode", NOFOLLOW_LINKS);
  }

  /** A listener whose queue is full does not answer either, so nobody waits for an answer here. */
  private boolean isDead() throws IOException {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false);
      probe.connect(UnixDomainSocketAddress.of(place));
      return false;
    } catch (ConnectException refused) {
      return true;
    } catch (SocketException busyOrForbidden) {
      return false;
    }
  }

  private static @Nullable Object identity(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Removes what was needed to come here; the socket stays in its place. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(folder.resolve("s"));
    Files.deleteIfExists(folder);
    if (shortcut != null) {
      Files.deleteIfExists(shortcut);
      Files.deleteIfExists(Objects.requireNonNull(shortcut.getParent()));
    }
  }

  /** Removes the socket from its place, if it is still this one. */
  void remove() throws IOException {
    if (published != null && published.equals(identity(place))) {
      Files.delete(place);
    }
  }
}
