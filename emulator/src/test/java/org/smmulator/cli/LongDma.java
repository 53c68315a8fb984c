package org.smmulator.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A scenario that does not end while a test looks at it. */
final class LongDma {
  static final String BOUND =
      """
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4}
      scenario:
        timeoutSeconds: 100
        steps:
          - process: {name: alice, pages: 64}
          - bind: {process: alice, devices: ['00:04.0']}
      """;
  static final String STORY =
      BOUND
          + """
              - dma:
                  processes: [alice]
                  devices: ['00:04.0']
                  operations: 100000000
                  pages: 64
                  mix: [copy, compare]
          """;

  private static final Pattern COMPARED = Pattern.compile("([0-9,]+) bytes compared");

  private LongDma() {}

  /** Of a line such as "step 3/3 dma, 1,234 of at most 5,000 operations, 6,789 bytes compared". */
  static boolean hasCompared(String line) {
    Matcher bytes = COMPARED.matcher(line);
    return bytes.find() && !bytes.group(1).equals("0");
  }
}
