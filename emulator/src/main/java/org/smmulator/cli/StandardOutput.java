package org.smmulator.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/**
 * Standard output of the process. A {@link PrintWriter} keeps to itself that something did not
 * arrive; this one remembers why.
 */
final class StandardOutput extends PrintWriter {
  private final Descriptor descriptor;

  static StandardOutput open() {
    return new StandardOutput(new Descriptor());
  }

  private StandardOutput(Descriptor descriptor) {
    super(new OutputStreamWriter(descriptor, charset()), true);
    this.descriptor = descriptor;
  }

  /** As {@code System.out} has it, which tells since Java 18 only. */
  private static Charset charset() {
    String console = System.getProperty("sun.stdout.encoding");
    String told = System.getProperty("stdout.encoding", console);
    return told == null ? Charset.defaultCharset() : Charset.forName(told);
  }

  /** The system's reason why something was not written; null if all was. */
  @Nullable String failure() {
    return checkError() ? String.valueOf(descriptor.failure) : null;
  }

  private static final class Descriptor extends OutputStream {
    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    private volatile @Nullable String failure;

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        failure = e.getMessage();
        throw e;
      }
    }
  }
}
