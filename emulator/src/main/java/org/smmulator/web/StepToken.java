package org.smmulator.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who knows it may do steps, hold the machine and let it go on: it is in a file that only the
 * machine's user can read, from its first moment, and that is gone at the end.
 */
public final class StepToken implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StepToken.class);
  private static final int BYTES = 16;
  private static final int MOST_CANDIDATES = 8;
  private static final String SUFFIX = ".token";
  private static final String SCHEME = "Bearer ";

  private final Path file;
  private final String token;

  private StepToken(Path file, String token) {
    this.file = file;
    this.token = token;
  }

  /**
   * Draws one and writes it to a new file in a folder.
   *
   * @param port of the machine's HTTP server, which the file's name has; 0 if it is not known yet
   */
  public static StepToken create(Path folder, int port) throws IOException {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String token = HexFormat.of().formatHex(random);
    Path file =
        Files.createTempFile(
            folder,
            prefix(port),
            SUFFIX,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, token + "\n");
    return new StepToken(file, token);
  }

  /** Files of a folder that may have the token of the machine at a port, the latest first. */
  public static List<Path> candidates(Path folder, int port) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> isNamed(file.getFileName().toString(), port) && Files.isReadable(file))
          .sorted(Comparator.comparing((Path file) -> file.toFile().lastModified()).reversed())
          .limit(MOST_CANDIDATES)
          .toList();
    }
  }

  private static boolean isNamed(String name, int port) {
    return name.startsWith(prefix(port)) && name.endsWith(SUFFIX);
  }

  private static String prefix(int port) {
    return "smmulator-" + port + "-";
  }

  /**
   * The token in a file.
   *
   * @throws IOException if there is none
   */
  public static String read(Path file) throws IOException {
    byte[] text;
    try (InputStream in = Files.newInputStream(file)) {
      text = in.readNBytes(2 * BYTES + 2);
    }
    String token = new String(text, UTF_8).strip();
    if (!token.matches("[0-9a-f]{" + 2 * BYTES + "}")) {
      throw new IOException("no token");
    }
    return token;
  }

  /** Where it is. */
  public Path file() {
    return file;
  }

  /** Whether the value of an Authorization header says it; takes as long for any wrong one. */
  boolean isIn(String authorization) {
    return MessageDigest.isEqual((SCHEME + token).getBytes(UTF_8), authorization.getBytes(UTF_8));
  }

  /** A file that stays is of no use to anybody: the token ends with the machine. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("{} cannot be removed: {}", file, e.toString());
    }
  }
}
