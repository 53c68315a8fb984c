package org.smmulator.web;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;

/** Judges a request before it reaches a page. */
final class Requests {
  private final Authorities authorities;
  private final Pages pages;

  Requests(Authorities authorities, Pages pages) {
    this.authorities = authorities;
    this.pages = pages;
  }

  Answer answer(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return malformed(request.decoderResult().cause());
    }
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    if (hosts.size() != 1) {
      return bad("a request needs one Host header and has " + hosts.size());
    }
    if (!authorities.allowsHost(hosts.get(0))) {
      return foreign("Host", hosts.get(0));
    }
    for (String origin : request.headers().getAll(HttpHeaderNames.ORIGIN)) {
      if (!authorities.allowsOrigin(origin)) {
        return foreign("Origin", origin);
      }
    }
    return page(request);
  }

  private Answer page(HttpRequest request) {
    String path = path(request.uri());
    if (!pages.has(path)) {
      return Answer.plain(
          HttpResponseStatus.NOT_FOUND,
          "no such page; there are /, /metrics, /api/summary and /api/explain");
    }
    if (!isRead(request.method())) {
      return Answer.plain(
          HttpResponseStatus.METHOD_NOT_ALLOWED, "nothing can be changed here; use GET or HEAD");
    }
    return pages.get(path, request.uri());
  }

  private static boolean isRead(HttpMethod method) {
    return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
  }

  private static String path(String uri) {
    int end = 0;
    while (end < uri.length() && uri.charAt(end) != '?' && uri.charAt(end) != '#') {
      end++;
    }
    return uri.substring(0, end);
  }

  private Answer foreign(String header, String value) {
    return Answer.plain(
        HttpResponseStatus.FORBIDDEN,
        header
            + " "
            + ExplainQuery.shown(value)
            + " is not this server; use "
            + authorities.right());
  }

  private static Answer malformed(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return Answer.plain(HttpResponseStatus.REQUEST_URI_TOO_LONG, "the address is too long");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return Answer.plain(
          HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long");
    }
    return bad("this is not HTTP");
  }

  private static Answer bad(String sentence) {
    return Answer.plain(HttpResponseStatus.BAD_REQUEST, sentence);
  }
}
