package org.smmulator.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The clients of a test's server, which end with the test. */
final class RawClients implements AutoCloseable {
  private final Supplier<WebServer> server;
  private final List<RawClient> clients = new ArrayList<>();

  /**
   * @param server that of now
   */
  RawClients(Supplier<WebServer> server) {
    this.server = server;
  }

  RawClient connect() throws IOException {
    RawClient client = new RawClient(server.get().address());
    clients.add(client);
    return client;
  }

  /** One request on a connection of its own. */
  RawClient.Reply ask(String line, String... headers) throws IOException {
    RawClient client = connect();
    client.ask(line, headers);
    return client.reply();
  }

  /** In the order in which they connected. */
  List<RawClient> all() {
    return clients;
  }

  @Override
  public void close() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
  }
}
