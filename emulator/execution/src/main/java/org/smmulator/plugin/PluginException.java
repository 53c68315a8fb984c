package org.smmulator.plugin;

/** Code of a jar that failed its caller. The message names jar and class, and is a sentence. */
public final class PluginException extends Exception {
  private static final long serialVersionUID = 1L;

  PluginException(String sentence, Throwable cause) {
    super(sentence, cause);
  }

  PluginException(String sentence) {
    super(sentence);
  }
}
