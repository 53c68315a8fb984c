package org.smmulator.config;

import org.jspecify.annotations.Nullable;

/** The section {@code http}. */
public record HttpConfig(
    @Key(
            meaning = "Address of the HTTP server; null switches it off, port 0 takes a free one.",
            fallback = "127.0.0.1:9464",
            nullable = true,
            syntax = Syntax.HTTP_ADDRESS)
        @Nullable String listen) {}
