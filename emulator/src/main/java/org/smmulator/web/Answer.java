package org.smmulator.web;

import io.netty.handler.codec.http.HttpResponseStatus;

/** What a request is answered with. */
record Answer(HttpResponseStatus status, String type, String body) {
  /** News of the machine, for as long as the client stays. */
  static final Answer STREAM = ok("text/event-stream", "");

  static Answer ok(String type, String body) {
    return new Answer(HttpResponseStatus.OK, type, body);
  }

  static Answer json(String body) {
    return ok("application/json", body);
  }

  static Answer plain(HttpResponseStatus status, String line) {
    return new Answer(status, "text/plain", line + "\n");
  }
}
