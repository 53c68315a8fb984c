package org.smmulator.web;

import io.netty.channel.Channel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.smmulator.history.News;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.netty.NettyOutbound;
import reactor.netty.http.server.HttpServerResponse;

/**
 * The clients that are told of each sample (server-sent events). Nothing waits for a client: while
 * it has not taken what it was sent it is sent nothing, and later less; one that takes nothing at
 * all loses its connection as any other. Known to the server's one thread.
 */
final class PageStreams {
  static final int MOST = 32;
  static final String TOO_MANY = "too many clients listen; close a page";
  private static final Duration PERIOD = Duration.ofMillis(200);

  /** So many periods without news, and a client is sent a line that says nothing. */
  private static final int QUIET_PERIODS = 25;

  private int open;

  boolean isFull() {
    return open >= MOST;
  }

  /** One client, and how long it has been sent nothing. */
  private static final class Client {
    private final News news;
    private final Channel channel;
    private int quiet;

    Client(News news, Channel channel) {
      this.news = news;
      this.channel = channel;
    }

    @Nullable String next() {
      if (!channel.isWritable()) {
        return null;
      }
      String fresh = news.next();
      if (fresh == null && ++quiet < QUIET_PERIODS) {
        return null;
      }
      quiet = 0;
      return fresh == null ? ":\n\n" : "data: " + fresh + "\n\n";
    }
  }

  /** From now on it is sent what is new, until it goes. */
  NettyOutbound tell(HttpServerResponse response, News news) {
    Channel[] of = new Channel[1];
    response.withConnection(connection -> of[0] = connection.channel());
    Client client = new Client(news, of[0]);
    open++;
    Flux<String> told =
        Flux.interval(Duration.ZERO, PERIOD, Schedulers.fromExecutorService(of[0].eventLoop()))
            .onBackpressureDrop()
            .<String>handle(
                (tick, sink) -> {
                  String next = client.next();
                  if (next != null) {
                    sink.next(next);
                  }
                })
            .doFinally(end -> open--);
    return response.sse().sendString(told);
  }
}
