package org.smmulator.plugin;

import java.net.URL;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.ServiceConfigurationError;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Calls of code whose answer the caller cannot do without. Code from a folder of plug-ins runs on a
 * thread of its own, and is waited for until a time: what never returns costs that thread and
 * nothing else. Code of the class path is called as it stands.
 */
public final class PluginCall {
  /** Property of the JVM: how many seconds a plug-in may take for one call. */
  static final String SECONDS = "smmulator.pluginSeconds";

  private static final int FRAMES_SHOWN = 5;

  private PluginCall() {}

  /**
   * Calls it.
   *
   * @param type the class that is called
   * @param call what of it, for the sentence: {@code create()}
   * @throws PluginException if it throws, returns null or does not return
   */
  public static <T> T of(Class<?> type, String call, Callable<@Nullable T> body)
      throws PluginException {
    @Nullable T answer;
    try {
      answer = isOfFolder(type) ? onThread(type, call, body) : body.call();
    } catch (PluginException e) {
      throw e;
    } catch (Exception | LinkageError | ServiceConfigurationError e) {
      throw threw(type, call, e);
    }
    if (answer == null) {
      throw new PluginException(where(type) + ": " + call + " returned null");
    }
    return answer;
  }

  /** Whether a class comes from a folder of plug-ins. */
  public static boolean isOfFolder(Class<?> type) {
    return type.getClassLoader() != PluginCall.class.getClassLoader();
  }

  /** The jar and the name of a class, for sentences. */
  public static String where(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    URL location = source == null ? null : source.getLocation();
    String path = location == null ? "" : location.getPath();
    String jar = path.substring(path.lastIndexOf('/') + 1);
    return jar.isEmpty() ? type.getName() : jar + ": " + type.getName();
  }

  private static <T> @Nullable T onThread(Class<?> type, String call, Callable<@Nullable T> body)
      throws PluginException {
    CompletableFuture<@Nullable T> answer = new CompletableFuture<>();
    Thread thread = new Thread(() -> answer(answer, body), "plug-in " + type.getName());
    thread.setDaemon(true);
    thread.setContextClassLoader(type.getClassLoader());
    thread.start();
    long seconds = Long.getLong(SECONDS, 30);
    try {
      return answer.get(seconds, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw threw(type, call, cause == null ? e : cause);
    } catch (TimeoutException e) {
      String at =
          Arrays.stream(thread.getStackTrace())
              .limit(FRAMES_SHOWN)
              .map(StackTraceElement::toString)
              .collect(Collectors.joining(", "));
      throw new PluginException(
          "%s: %s has not returned in %d s; it is at %s".formatted(where(type), call, seconds, at));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PluginException(where(type) + ": " + call + " was not waited for", e);
    }
  }

  private static <T> void answer(
      CompletableFuture<@Nullable T> answer, Callable<@Nullable T> body) {
    try {
      answer.complete(body.call());
    } catch (Throwable e) {
      answer.completeExceptionally(e);
    }
  }

  private static PluginException threw(Class<?> type, String call, Throwable cause) {
    // ServiceLoader wraps what a constructor throws.
    Throwable told =
        cause instanceof ServiceConfigurationError && cause.getCause() != null
            ? cause.getCause()
            : cause;
    return new PluginException(where(type) + ": " + call + " threw " + told, told);
  }
}
