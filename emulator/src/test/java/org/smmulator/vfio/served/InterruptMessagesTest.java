package org.smmulator.vfio.served;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.smmulator.vfio.VfioClient;

class InterruptMessagesTest {
  private final InterruptMessages messages = new InterruptMessages();
  private final List<String> written = new ArrayList<>();
  private final ArrayDeque<IntConsumer> ends = new ArrayDeque<>();

  private VfioClient client() {
    return (address, data, end) -> {
      written.add(
          String.format("0x%x %02x%02x%02x%02x", address, data[0], data[1], data[2], data[3]));
      return ends.add(end);
    };
  }

  @Test
  void eachIsAWriteOfItsNumberToTheFrame() {
    messages.sendTo(client());
    messages.raise(80);
    messages.raise(0x123);
    assertThat(written).containsExactly("0x8020040 50000000", "0x8020040 23010000");
  }

  @Test
  void oneStandsForAllThatWaitForAnother() {
    messages.sendTo(client());
    for (int i = 0; i < 5; i++) {
      messages.raise(80);
    }
    assertThat(written).hasSize(1);
    ends.remove().accept(0);
    assertThat(written).hasSize(2);
    ends.remove().accept(14);
    assertThat(written).as("all were brought, the last one in vain").hasSize(2);
    messages.raise(80);
    assertThat(written).hasSize(3);
  }

  @Test
  void nothingIsKeptForTheNextClient() {
    messages.raise(80);
    messages.sendTo(client());
    assertThat(written).isEmpty();
    messages.raise(80);
    messages.raise(80);
    messages.sendTo(client());
    ends.remove().accept(0);
    assertThat(written).as("the first client's answer says nothing").hasSize(1);
    messages.raise(80);
    assertThat(written).hasSize(2);
  }

  @Test
  void aLateAnswerOfTheClientBeforeEndsNothing() {
    messages.sendTo(client());
    messages.raise(80);
    messages.sendTo(client());
    messages.raise(80);
    ends.remove().accept(0);
    messages.raise(80);
    assertThat(written).as("the second client has one under way").hasSize(2);
    ends.remove().accept(0);
    assertThat(written).hasSize(3);
  }
}
