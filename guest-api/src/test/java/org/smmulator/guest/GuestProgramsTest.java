package org.smmulator.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.smmulator.guest.mm.Prot;

/** Programs by name, and what one does in a kernel without devices. */
class GuestProgramsTest {
  /** Of a jar: writes, and reads back. */
  public static final class Echo implements GuestProgram {
    static final long WRITTEN = 42;

    @Override
    public void run(UserTask task) throws Exception {
      long page = task.mmap(4096, Prot.READ_WRITE);
      task.store64(page, WRITTEN);
      task.process().mm().mprotect(page, 4096, Prot.READ);
      assertThat(task.load64(page)).isEqualTo(WRITTEN);
    }
  }

  private final FakeMachine machine = new FakeMachine(1);

  @Test
  void aJarOffersAProgramByName() {
    machine.run(
        kernel -> {
          GuestProcess process = kernel.startProcess("p");
          ProgramRun run = kernel.run(process, GuestPrograms.offered().named("Echo"));
          run.join();
          assertThat(run.failure()).isNull();
          assertThat(run.isDone()).isTrue();
          assertThat(process.isAlive()).as("whoever started it ends it").isTrue();
          process.exit();
          assertThat(process.awaitEnd(0)).isTrue();
        });
  }

  @Test
  void aNameThatNobodyOffersIsRefusedWithThoseThatThereAre() {
    assertThatThrownBy(() -> GuestPrograms.offered().named("echo"))
        .hasMessage("no program is called echo; there are [Echo]");
  }

  @Test
  void aProgramWithoutAClassOfItsOwnIsAProgram() {
    assertThat(((GuestProgram) task -> {}).name()).isEqualTo("program");
  }
}
