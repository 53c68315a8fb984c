package org.smmulator.web;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import org.smmulator.query.Parameters;
import reactor.netty.http.server.HttpServerRequest;

/** Judges a request before it reaches a page. */
final class Requests {
  private static final long MOST_BODY_BYTES = 1 << 16;
  private static final String NO_BODY = "nothing can be changed here; send no body";

  private final Authorities authorities;
  private final Pages pages;

  Requests(Authorities authorities, Pages pages) {
    this.authorities = authorities;
    this.pages = pages;
  }

  Answer answer(HttpServerRequest request) {
    HttpHeaders headers = request.requestHeaders();
    if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return Answer.plain(HttpResponseStatus.LENGTH_REQUIRED, NO_BODY);
    }
    if (Long.parseLong(headers.get(HttpHeaderNames.CONTENT_LENGTH, "0")) > MOST_BODY_BYTES) {
      return Answer.plain(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, NO_BODY);
    }
    return answer(request, headers);
  }

  private Answer answer(HttpServerRequest request, HttpHeaders headers) {
    List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
    if (hosts.size() != 1) {
      return bad("a request needs one Host header and has " + hosts.size());
    }
    if (!Authorities.isHost(hosts.get(0))) {
      return bad("Host " + Parameters.shown(hosts.get(0)) + " is not HOST or HOST:PORT");
    }
    String uri = request.uri();
    int scheme = Authorities.SCHEME.length();
    if (uri.regionMatches(true, 0, Authorities.SCHEME, 0, scheme)) {
      return answerWhole(request, uri.substring(scheme));
    }
    return answer(request, hosts.get(0), uri);
  }

  /** RFC 9112, 3.2.2: an address in full names the host, whatever Host says. */
  private Answer answerWhole(HttpServerRequest request, String address) {
    int end = endOf(address, "/?#");
    String path = address.substring(end);
    return answer(request, address.substring(0, end), path.startsWith("/") ? path : "/" + path);
  }

  private Answer answer(HttpServerRequest request, String host, String uri) {
    if (!authorities.allowsHost(host)) {
      return foreign("Host", host);
    }
    for (String origin : request.requestHeaders().getAll(HttpHeaderNames.ORIGIN)) {
      if (!authorities.allowsOrigin(origin)) {
        return foreign("Origin", origin);
      }
    }
    return page(request, uri);
  }

  private Answer page(HttpServerRequest request, String uri) {
    HttpMethod method = request.method();
    String path = uri.substring(0, endOf(uri, "?#"));
    if (!pages.has(path)) {
      return Answer.plain(HttpResponseStatus.NOT_FOUND, "no such page; there are " + pages.paths());
    }
    if (path.equals(Pages.STEP) && method.equals(HttpMethod.POST)) {
      return pages.step(uri, request.requestHeaders().get(HttpHeaderNames.AUTHORIZATION));
    }
    if (!isRead(method)) {
      return Answer.plain(
          HttpResponseStatus.METHOD_NOT_ALLOWED, "nothing can be changed here; use GET or HEAD");
    }
    return pages.get(path, uri);
  }

  private static boolean isRead(HttpMethod method) {
    return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
  }

  private static int endOf(String text, String stops) {
    int end = 0;
    while (end < text.length() && stops.indexOf(text.charAt(end)) < 0) {
      end++;
    }
    return end;
  }

  private Answer foreign(String header, String value) {
    return Answer.plain(
        HttpResponseStatus.FORBIDDEN,
        header + " " + Parameters.shown(value) + " is not this server; use " + authorities.right());
  }

  private static Answer bad(String sentence) {
    return Answer.plain(HttpResponseStatus.BAD_REQUEST, sentence);
  }
}
