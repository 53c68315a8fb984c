package org.smmulator.plugin;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what jars offer: the classes that they list in {@code META-INF/services} under the name of
 * a type ({@link ServiceLoader}).
 */
public final class Plugins {
  private static final Logger log = LoggerFactory.getLogger(Plugins.class);

  private Plugins() {}

  /**
   * One object of each class offered, in the order of the class path. A class that cannot be made
   * is left out, with a line in the log: it harms nobody else.
   *
   * @param type what is wanted; looked for where the type itself comes from, whichever thread asks
   */
  public static <T> List<T> offered(Class<T> type) {
    List<T> offered = new ArrayList<>();
    Iterator<ServiceLoader.Provider<T>> providers =
        ServiceLoader.load(type, type.getClassLoader()).stream().iterator();
    while (addNext(type, providers, offered)) {}
    return offered;
  }

  /** False at the end of the list. */
  private static <T> boolean addNext(
      Class<T> type, Iterator<ServiceLoader.Provider<T>> providers, List<T> offered) {
    String name = "a " + type.getSimpleName();
    try {
      if (!providers.hasNext()) {
        return false;
      }
      ServiceLoader.Provider<T> provider = providers.next();
      name = "the " + type.getSimpleName() + " " + provider.type().getName();
      offered.add(provider.get());
    } catch (RuntimeException | LinkageError | ServiceConfigurationError e) {
      log.error("{} of a jar is left out: it cannot be made", name, e);
    }
    return true;
  }
}
