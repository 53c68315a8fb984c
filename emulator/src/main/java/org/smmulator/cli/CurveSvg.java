package org.smmulator.cli;

import java.util.List;
import java.util.Locale;
import org.smmulator.bus.wire.WorkingSetCurve;
import org.smmulator.bus.wire.WorkingSetCurve.Point;

/** Working-set curves as a picture: the hit ratio over the entries of the ATC, by powers of two. */
final class CurveSvg {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 440;
  private static final int LEFT = 70;
  private static final int RIGHT = 730;
  private static final int TOP = 84;
  private static final int BOTTOM = 372;
  private static final String[] COLOURS = {"#0b5cad", "#b34700"};
  private static final String[] DASHES = {"none", "7 4"};

  private final List<WorkingSetCurve> curves;
  private final StringBuilder out = new StringBuilder();
  private final int powers;

  private CurveSvg(List<WorkingSetCurve> curves) {
    this.curves = curves;
    int enough = curves.stream().mapToInt(WorkingSetCurve::enough).max().orElse(1);
    this.powers = Math.max(3, Integer.SIZE - Integer.numberOfLeadingZeros(enough - 1));
  }

  static String render(String title, List<WorkingSetCurve> curves) {
    CurveSvg svg = new CurveSvg(curves);
    svg.frame(title);
    svg.axes();
    for (int i = 0; i < curves.size(); i++) {
      svg.curve(i);
      svg.legend(i);
    }
    return svg.out.append("</svg>\n").toString();
  }

  private void frame(String title) {
    add(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" \
        font-family="sans-serif" font-size="13" fill="#222222">
        <title>%s</title>
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        <text x="%d" y="28" font-size="17" font-weight="bold">%s</text>
        """,
        WIDTH, HEIGHT, WIDTH, HEIGHT, escaped(title), LEFT, escaped(title));
  }

  private void axes() {
    for (int percent = 0; percent <= 100; percent += 20) {
      double y = y(percent / 100.0);
      line(LEFT, y, RIGHT, y, percent == 0 ? "#222222" : "#dddddd");
      text(LEFT - 8, y + 4, "end", percent + " %");
    }
    for (int power = 0; power <= powers; power++) {
      double x = x(1L << power);
      line(x, BOTTOM, x, BOTTOM + 5, "#222222");
      if (powers <= 12 || power % 2 == 0) {
        text(x, BOTTOM + 20, "middle", String.format(Locale.ROOT, "%,d", 1L << power));
      }
    }
    text((LEFT + RIGHT) / 2.0, BOTTOM + 48, "middle", "entries of the ATC");
    add(
        "<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">hit ratio</text>\n",
        (TOP + BOTTOM) / 2);
  }

  private void curve(int number) {
    WorkingSetCurve curve = curves.get(number);
    StringBuilder points = new StringBuilder();
    for (Point point : curve.points()) {
      if (point.entries() <= 1L << powers) {
        points.append(
            String.format(Locale.ROOT, "%.1f,%.1f ", x(point.entries()), y(curve.hitRatio(point))));
      }
    }
    add(
        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\""
            + " points=\"%s\"/>\n",
        COLOURS[number], DASHES[number], points.toString().strip());
  }

  private void legend(int number) {
    WorkingSetCurve curve = curves.get(number);
    int x = LEFT + 320 * number;
    add(
        "<line x1=\"%d\" y1=\"52\" x2=\"%d\" y2=\"52\" stroke=\"%s\" stroke-width=\"2.5\""
            + " stroke-dasharray=\"%s\"/>\n",
        x, x + 34, COLOURS[number], DASHES[number]);
    String sets = curve.sets() == 1 ? "fully associative" : curve.sets() + " sets";
    String sampled = curve.onePageIn() == 1 ? "" : ", sampled 1 in " + curve.onePageIn();
    text(x + 42, 56, "start", sets + sampled);
  }

  private double x(long entries) {
    double log2 = Math.log((double) entries) / Math.log(2);
    return LEFT + (RIGHT - LEFT) * log2 / powers;
  }

  private double y(double ratio) {
    return BOTTOM - (BOTTOM - TOP) * ratio;
  }

  private void line(double x1, double y1, double x2, double y2, String colour) {
    add(
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
        x1, y1, x2, y2, colour);
  }

  private void text(double x, double y, String anchor, String words) {
    add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, words);
  }

  @SuppressWarnings("AnnotateFormatMethod") // its formats stand beside it
  private void add(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
