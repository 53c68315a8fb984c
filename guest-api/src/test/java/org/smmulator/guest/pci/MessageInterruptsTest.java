package org.smmulator.guest.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.sched.Sched;

/** 59 numbers for however many devices: five of the 64 have wires, 106 to 110. */
class MessageInterruptsTest {
  private static final int NUMBERS = 59;

  private final Map<Integer, Runnable> connected = new TreeMap<>();
  private final List<String> called = new ArrayList<>();

  private final Interrupts controller =
      new Interrupts() {
        @Override
        public void connect(int intid, Runnable handler) {
          connected.put(intid, handler);
        }

        @Override
        public void disconnect(int intid) {
          connected.remove(intid);
        }
      };

  private interface Body {
    void run(MessageInterrupts interrupts);
  }

  private void run(Body body) {
    DeterministicExecution execution = new DeterministicExecution(1);
    execution.run(() -> body.run(new MessageInterrupts(new Sched(execution), controller)));
  }

  private Runnable named(String name) {
    return () -> called.add(name);
  }

  private void raise(int intid) {
    called.clear();
    Runnable handler = connected.get(intid);
    if (handler != null) {
      handler.run();
    }
  }

  @Test
  void sharesNumbersOnceAllAreInUseAndNeverThoseThatAreSomebodysAlone() {
    run(
        interrupts -> {
          int alone = interrupts.allocate(named("alone"));
          int[] numbers = new int[2 * (NUMBERS - 1)];
          for (int i = 0; i < numbers.length; i++) {
            numbers[i] = interrupts.share(named("device " + i));
          }
          int half = numbers.length / 2;
          assertThat(numbers).doesNotContain(alone, 106, 107, 108, 109, 110);
          assertThat(numbers).startsWith(MemoryMap.MSI_FIRST_INTID + 1);
          for (int i = 0; i < half; i++) {
            raise(numbers[i]);
            assertThat(numbers[i + half]).isEqualTo(numbers[i]);
            assertThat(called).containsExactly("device " + i, "device " + (i + half));
          }
          raise(alone);
          assertThat(called).containsExactly("alone");
          assertThatThrownBy(() -> interrupts.allocate(named("late")))
              .hasMessage("all message-signalled interrupts are in use");
        });
  }

  @Test
  void whoGivesANumberBackIsNotCalledAndTheOthersAre() {
    run(
        interrupts -> {
          Runnable first = named("first");
          Runnable second = named("second");
          int number = interrupts.share(first);
          while (interrupts.share(named("other")) != MemoryMap.MSI_FIRST_INTID + 63) {
            // Until all are in use.
          }
          assertThat(interrupts.share(second)).isEqualTo(number);
          interrupts.release(number, first);
          raise(number);
          assertThat(called).containsExactly("second");
          interrupts.release(number, second);
          raise(number);
          assertThat(called).isEmpty();
          assertThat(interrupts.allocate(first)).as("free again").isEqualTo(number);
        });
  }

  @Test
  void aNumberThatWasSomebodysAloneCanBeShared() {
    run(
        interrupts -> {
          Runnable alone = named("alone");
          for (int i = 1; i < NUMBERS; i++) {
            interrupts.allocate(named("others"));
          }
          int last = interrupts.allocate(alone);
          assertThat(interrupts.share(alone)).isEqualTo(-1);
          interrupts.release(last, alone);
          assertThat(interrupts.share(alone)).isEqualTo(last);
        });
  }
}
