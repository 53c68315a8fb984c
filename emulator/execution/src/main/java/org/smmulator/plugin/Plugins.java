package org.smmulator.plugin;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what jars offer: the classes that they list in {@code META-INF/services} under the name of
 * a type ({@link ServiceLoader}). Jars of the class path count, and those of folders that the
 * process was given ({@link #use}). Thread-safe; never changed once made.
 */
public final class Plugins {
  private static final Logger log = LoggerFactory.getLogger(Plugins.class);
  private static final ClassLoader OURS = Plugins.class.getClassLoader();

  private static volatile Plugins current = new Plugins(List.of(), OURS);

  private final List<Path> folders;
  private final ClassLoader loader;

  private Plugins(List<Path> folders, ClassLoader loader) {
    this.folders = List.copyOf(folders);
    this.loader = loader;
  }

  /**
   * From now on the process has the plug-ins of these folders, and of no others. What was found
   * before stays as it is. One class loader has all of their jars, so a driver and its device can
   * share classes, and the libraries that they need can lie beside them; what this project has
   * itself is taken from it. A jar that cannot be read is left out, with a line in the log.
   *
   * @throws IOException with a sentence, if one of them is no folder that can be read
   */
  public static void use(List<Path> folders) throws IOException {
    List<Path> absolute = new ArrayList<>();
    List<URL> jars = new ArrayList<>();
    for (Path folder : folders) {
      absolute.add(folder.toAbsolutePath().normalize());
      addJars(folder, jars);
    }
    ClassLoader loader =
        jars.isEmpty() ? OURS : new URLClassLoader("plug-ins", jars.toArray(URL[]::new), OURS);
    current = new Plugins(absolute, loader);
  }

  private static void addJars(Path folder, List<URL> jars) throws IOException {
    if (!Files.isDirectory(folder)) {
      String what = Files.exists(folder) ? "is no folder" : "there is no such folder";
      throw new IOException(folder + ": " + what + "; name one with jars of plug-ins");
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new IOException(folder + ": cannot be read (" + e.getMessage() + ")", e);
    }
    if (files.isEmpty()) {
      log.warn("{} has no plug-ins: there is no jar in it", folder);
    }
    for (Path file : files) {
      try {
        new JarFile(file.toFile()).close();
        jars.add(file.toUri().toURL());
      } catch (IOException e) {
        log.warn("{} is left out: it is no jar that can be read ({})", file, e.getMessage());
      }
    }
  }

  /** The plug-ins that the process has now; another object after each {@link #use}. */
  public static Plugins current() {
    return current;
  }

  /** The folders, absolute, for processes that are to have the same plug-ins. */
  public List<Path> folders() {
    return folders;
  }

  /**
   * One object of each class offered: those of the class path first, in its order, then those of
   * folders. A class that cannot be made is left out, with a line in the log: it harms nobody else.
   *
   * @param type what is wanted; looked for where the type itself comes from, whichever thread asks
   */
  public static <T> List<T> offered(Class<T> type) {
    return current.all(type);
  }

  /** As {@link #offered}. */
  public <T> List<T> all(Class<T> type) {
    List<T> offered = new ArrayList<>();
    ClassLoader from = loader == OURS ? type.getClassLoader() : loader;
    Iterator<ServiceLoader.Provider<T>> providers =
        ServiceLoader.load(type, from).stream().iterator();
    while (addNext(type, providers, offered)) {}
    return offered;
  }

  /** False at the end of the list. */
  private static <T> boolean addNext(
      Class<T> type, Iterator<ServiceLoader.Provider<T>> providers, List<T> offered) {
    try {
      if (!providers.hasNext()) {
        return false;
      }
      ServiceLoader.Provider<T> provider = providers.next();
      offered.add(PluginCall.of(provider.type(), "its constructor", provider::get));
    } catch (PluginException e) {
      log.error("a {} is left out: {}", type.getSimpleName(), e.getMessage());
    } catch (RuntimeException | LinkageError | ServiceConfigurationError e) {
      log.error("a {} of a jar is left out: {}", type.getSimpleName(), e.getMessage());
    }
    return true;
  }
}
