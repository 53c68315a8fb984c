package org.smmulator.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Who knows it may hold the machine and let it go on: it is in a file that only the machine's user
 * can read, from its first moment, and that is gone at the end.
 */
public final class StepToken implements AutoCloseable {
  private static final int BYTES = 16;
  private static final String SCHEME = "Bearer ";

  private final Path file;
  private final String token;

  private StepToken(Path file, String token) {
    this.file = file;
    this.token = token;
  }

  /** Draws one and writes it to a new file in a folder. */
  public static StepToken create(Path folder) throws IOException {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String token = HexFormat.of().formatHex(random);
    Path file =
        Files.createTempFile(
            folder,
            "smmulator-",
            ".token",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, token + "\n");
    return new StepToken(file, token);
  }

  /** Where it is. */
  public Path file() {
    return file;
  }

  /** Whether the value of an Authorization header says it; takes as long for any wrong one. */
  boolean isIn(String authorization) {
    return MessageDigest.isEqual((SCHEME + token).getBytes(UTF_8), authorization.getBytes(UTF_8));
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }
}
