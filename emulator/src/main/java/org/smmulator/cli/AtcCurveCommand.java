package org.smmulator.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.WorkingSetCurve;
import org.smmulator.device.atc.AtcRecordReader;
import org.smmulator.device.atc.WorkingSet;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.WorkingSetTables;
import org.smmulator.metrics.WorkingSetTables.Column;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator atc-curve}. */
@Command(
    name = "atc-curve",
    description = {
      "Prints the hit ratio that an ATC of any size would have had on a recorded stream: least"
          + " recently used, fully associative and with a number of sets.",
      "",
      "RECORD is a file that 'attach --record' wrote, or one of lines pasid,page,op: a PASID or -,"
          + " a 4 KiB page number in hexadecimal, and access or invalidate (then the page may be"
          + " all).",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class AtcCurveCommand implements Callable<Integer> {
  private static final int MOST_SETS = 1 << 16;
  private static final int SETS_FOLLOWED = 1 << 12;

  /** The largest size that a curve tells. */
  private static final int EXACT_ENTRIES = 1 << 16;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "RECORD", description = "The recorded stream.")
  private Path file = Path.of("");

  @Option(
      names = "--sets",
      paramLabel = "N",
      defaultValue = "64",
      description = "Sets of the second curve, a power of two (default: ${DEFAULT-VALUE}).")
  private int sets;

  @Option(names = "--csv", description = "Print CSV of all sizes instead of the table.")
  private boolean csv;

  @Option(names = "--svg", paramLabel = "FILE", description = "Write a picture of the curves.")
  private @Nullable Path svg;

  @Override
  public Integer call() throws UserException {
    if (sets < 1 || sets > MOST_SETS || Integer.bitCount(sets) != 1) {
      throw new UserException(
          ExitCode.USAGE, "--sets: " + sets + " is no power of two from 1 to " + MOST_SETS);
    }
    if (svg != null) {
      Output.requireWritable("--svg", svg);
    }
    List<WorkingSetCurve> curves = curves();
    Output.of(spec).print(csv ? csv(curves) : table(curves));
    if (svg != null) {
      draw(curves, svg);
    }
    return ExitCode.OK.code();
  }

  private List<WorkingSetCurve> curves() throws UserException {
    WorkingSet workingSet = new WorkingSet(sets, EXACT_ENTRIES, SETS_FOLLOWED);
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      new AtcRecordReader(workingSet).play(in);
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, file + " cannot be read: " + e);
    } catch (IllegalArgumentException e) {
      throw new UserException(ExitCode.USAGE, file + ": " + e.getMessage());
    }
    List<WorkingSetCurve> curves = workingSet.curves();
    if (curves.get(0).accesses() == 0) {
      throw new UserException(ExitCode.USAGE, file + " holds no access of an ATC");
    }
    return sets == 1 ? curves.subList(0, 1) : curves;
  }

  private static String table(List<WorkingSetCurve> curves) {
    return "Hit ratio of an ATC by its size\n"
        + WorkingSetTables.render(curves.stream().map(each -> new Column("", each)).toList());
  }

  private static String csv(List<WorkingSetCurve> curves) {
    StringBuilder out = new StringBuilder("sets,entries,accesses,hits,hit_ratio\n");
    for (WorkingSetCurve curve : curves) {
      for (WorkingSetCurve.Point point : curve.points()) {
        out.append(
            String.format(
                Locale.ROOT,
                "%d,%d,%d,%d,%.6f%n",
                curve.sets(),
                point.entries(),
                curve.accesses(),
                point.hits(),
                curve.hitRatio(point)));
      }
    }
    return out.toString();
  }

  private void draw(List<WorkingSetCurve> curves, Path target) throws UserException {
    try {
      Path name = file.getFileName();
      Files.writeString(
          target, CurveSvg.render("Working set of " + (name == null ? file : name), curves));
    } catch (IOException e) {
      throw new UserException(ExitCode.OUTPUT_LOST, "--svg: " + target + " was not written: " + e);
    }
  }
}
