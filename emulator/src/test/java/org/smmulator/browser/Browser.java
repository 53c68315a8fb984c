package org.smmulator.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Chromium without a window. Without Debian's packages tests are skipped, and say why. */
final class Browser implements AutoCloseable {
  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  static Browser open() {
    Path chromium = program("chromium");
    Path chromedriver = program("chromedriver");
    // Nothing is looked for or fetched: both programs are told.
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(chromedriver.toFile())
            .usingAnyFreePort()
            .build();
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox", // which does not work for root
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--enable-precise-memory-info",
        "--js-flags=--expose-gc");
    options.setCapability("goog:loggingPrefs", logs);
    return new Browser(new ChromeDriver(service, options));
  }

  private static Path program(String name) {
    List<Path> found =
        Stream.of(String.valueOf(System.getenv("PATH")).split(":", -1))
            .map(place -> Path.of(place, name))
            .filter(Files::isExecutable)
            .toList();
    assumeTrue(
        !found.isEmpty(),
        "no " + name + " in PATH; it is in Debian's packages chromium and chromium-driver");
    return found.get(0);
  }

  /** A window of so many pixels. */
  void size(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  /** Opens a page in its first state: nothing is remembered of others. */
  void open(String url) {
    driver.get(url);
    await("samples are shown", () -> number("Number(document.body.dataset.samples ?? 0)") > 0);
    await("the summary is shown", () -> number("Number(document.body.dataset.shown ?? 0)") > 0);
  }

  void reload() {
    driver.navigate().refresh();
    await("samples are shown", () -> number("Number(document.body.dataset.samples ?? 0)") > 0);
    await("the summary is shown", () -> number("Number(document.body.dataset.shown ?? 0)") > 0);
  }

  /** Asks the page again and again; the time that a test may take ends that. */
  void await(String what, BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new IllegalStateException("waited in vain until " + what + "; " + consoleSays());
      }
      Thread.onSpinWait();
    }
  }

  void awaitText(String css, String text) {
    await(css + " says " + text, () -> text(css).contains(text));
  }

  WebElement find(String css) {
    return driver.findElement(By.cssSelector(css));
  }

  /** What an element that is there says; empty without one. */
  String text(String css) {
    return String.valueOf(
        script("return document.querySelector(arguments[0])?.textContent ?? ''", css));
  }

  boolean isShown(String css) {
    return Boolean.TRUE.equals(
        script(
            "const e = document.querySelector(arguments[0]);"
                + "return e !== null && e.checkVisibility()",
            css));
  }

  /** Clicks as a person does: on what is there and not covered. */
  void click(String css) {
    WebElement element = find(css);
    script("arguments[0].scrollIntoView({block: 'center'})", element);
    element.click();
  }

  Object script(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  long number(String expression) {
    return ((Number) script("return " + expression)).longValue();
  }

  /** What the browser itself complained of, such as a script that its policy forbids. */
  List<String> consoleSays() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(entry -> entry.getLevel() + " " + entry.getMessage())
        .toList();
  }

  /** Bytes that the page's objects take, after a collection. */
  long heapBytes() {
    script("gc()");
    Map<String, Object> usage = driver.executeCdpCommand("Runtime.getHeapUsage", Map.of());
    return ((Number) usage.get("usedSize")).longValue();
  }

  /** The whole page as PNG, however long it is. */
  byte[] picture() {
    Map<String, Object> shot =
        driver.executeCdpCommand(
            "Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    return Base64.getDecoder().decode(String.valueOf(shot.get("data")));
  }

  void assertNothingIsWiderThanTheWindow() {
    assertThat(number("document.documentElement.scrollWidth"))
        .as("width of the page")
        .isLessThanOrEqualTo(number("innerWidth"));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
