package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import org.junit.jupiter.api.Test;

/** What is logged unless somebody says otherwise. */
class LogToStandardErrorTest {
  private static final String FILE = "logback.configurationFile";

  private final LoggerContext context = new LoggerContext();

  @Test
  void warningsGoToStandardError() {
    assertThat(new LogToStandardError().configure(context))
        .isEqualTo(ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY);
    assertThat(context.getLogger("org.smmulator.smmu").getEffectiveLevel()).isEqualTo(Level.WARN);
    assertThat(context.getLogger("io.netty").getEffectiveLevel()).isEqualTo(Level.WARN);
    assertThat(context.getLogger("reactor.netty.http").getEffectiveLevel()).isEqualTo(Level.ERROR);
    Appender<?> appender = context.getLogger("ROOT").iteratorForAppenders().next();
    assertThat(appender.isStarted()).isTrue();
    assertThat(appender)
        .isInstanceOfSatisfying(
            ConsoleAppender.class,
            console -> assertThat(console.getTarget()).isEqualTo("System.err"));
  }

  @Test
  void aFileThatSomebodyNamesCountsInstead() {
    System.setProperty(FILE, "mine.xml");
    try {
      assertThat(new LogToStandardError().configure(context))
          .isEqualTo(ExecutionStatus.INVOKE_NEXT_IF_ANY);
      assertThat(context.getLogger("ROOT").iteratorForAppenders()).isExhausted();
    } finally {
      System.clearProperty(FILE);
    }
  }
}
