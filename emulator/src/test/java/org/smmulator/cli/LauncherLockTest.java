package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Builds of one checkout beside each other, beside machines, and those that do not end. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LauncherLockTest {
  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init") // made before each test
  private Checkout checkout;

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = new Checkout(folder);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneOfTwoFirstBuildsWaitsForTheOther(boolean flock) throws Exception {
    checkout.write("hold", "");
    Path[] said = {folder.resolve("said0"), folder.resolve("said1")};
    Process[] both = new Process[2];
    for (int i = 0; i < both.length; i++) {
      ProcessBuilder process = checkout.process(flock);
      both[i] =
          process
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(said[i].toFile())
              .start();
    }
    Checkout.await(
        both[0],
        () -> all(said).contains("another build is under way; waiting for it (its output: "));
    Files.delete(checkout.root().resolve("hold"));

    for (Process each : both) {
      assertThat(each.waitFor()).as(all(said)).isZero();
    }
    assertThat(checkout.journal()).filteredOn("build"::equals).hasSize(1);
    assertThat(checkout.journal()).filteredOn("run"::equals).hasSize(2);
    assertThat(Files.readString(checkout.jar())).isEqualTo("whole\n");
  }

  /** A machine runs for hours, and its jar may be built anew beside it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMachineThatRunsAfterItsBuildKeepsNobodyFromBuilding(boolean flock) throws Exception {
    Path runs = folder.resolve("runs");
    ProcessBuilder first = checkout.process(flock);
    first.environment().put("RUNS", runs.toString());
    Process machine = first.redirectErrorStream(true).start();
    try {
      Checkout.await(machine, () -> Files.exists(runs));
      checkout.age(checkout.root().resolve("pom.xml"), 120);
      Path said = folder.resolve("said");
      Process other = checkout.process(flock).redirectError(said.toFile()).start();
      Checkout.await(
          other, () -> Files.readString(said).matches("(?s).*(built in|waiting for it).*"));

      assertThat(said).content().contains("smmulator: built in ");
      assertThat(other.waitFor()).isZero();
      assertThat(machine.isAlive()).isTrue();
    } finally {
      Files.deleteIfExists(runs);
      machine.waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBuildThatWasKilledIsInNobodysWay(boolean flock) throws Exception {
    checkout.write("hold", "");
    ProcessBuilder process = checkout.process(flock);
    Process killed = process.start();
    Checkout.await(killed, () -> Files.exists(checkout.jar()));
    List<ProcessHandle> all = killed.descendants().toList();
    killed.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    killed.waitFor();
    Files.delete(checkout.root().resolve("hold"));
    Files.delete(checkout.root().resolve("emulator/target/in-work"));

    assertThat(checkout.end(process).err()).contains("a build of it has not ended");
    assertThat(Files.readString(checkout.jar())).isEqualTo("whole\n");
  }

  /** Ctrl-C in a build leaves no half of a jar that the next run would take. */
  @Test
  void aBuildThatIsInterruptedLeavesNoJar() throws Exception {
    checkout.write("hold", "");
    Process interrupted = checkout.process(checkout.command().toString()).start();
    Checkout.await(interrupted, () -> Files.exists(checkout.jar()));
    interrupted.destroy();

    assertThat(interrupted.waitFor()).isEqualTo(130);
    assertThat(checkout.jar()).doesNotExist();
    assertThat(checkout.journal()).containsExactly("build");
  }

  private static String all(Path[] files) throws IOException {
    return Files.readString(files[0]) + Files.readString(files[1]);
  }
}
