package org.smmulator.browser;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EndOfLiveRunTest {
  @TempDir private Path folder = Path.of("");

  /** An event loop that is to end at once leaves its sockets open in one of two runs or so. */
  @RepeatedTest(8)
  void whoListensAndWhoMayAskAgainAreTold() throws Exception {
    List<Socket> clients = new ArrayList<>();
    try (SimulatedPage machine = SimulatedPage.of(folder, PageScene.little())) {
      URI server = URI.create(machine.url());
      for (String path : List.of("/api/stream", "/api/history", "/api/summary")) {
        clients.add(connect(server));
        ask(clients.get(clients.size() - 1), path);
      }
      clients.add(connect(server));
      machine.step("step");
      machine.step("run");
      assertThat(machine.awaitEnd()).isZero();
    }
    for (Socket client : clients) {
      readToTheEnd(client);
    }
  }

  private static Socket connect(URI server) throws IOException {
    return new Socket(server.getHost(), server.getPort());
  }

  private static void ask(Socket client, String path) throws IOException {
    String host = "127.0.0.1:" + client.getPort();
    String request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    client.getOutputStream().write(request.getBytes(US_ASCII));
    assertThat(client.getInputStream().read()).isEqualTo('H');
  }

  private static void readToTheEnd(Socket client) throws IOException {
    try (client) {
      InputStream in = client.getInputStream();
      byte[] part = new byte[4096];
      while (in.read(part) >= 0) {
        // what it was told before
      }
    }
  }
}
