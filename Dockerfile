# syntax=docker/dockerfile:1

# The image of the server. Both stages name the same Debian, so that the program finds the C library
# it was linked with.

FROM rust:1.94-slim-trixie AS build
WORKDIR /build
COPY . .
# The caches keep downloaded crates and compiled dependencies between builds; they are no part of an
# image, so the program is copied out in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    cargo build --profile dist --package pobratim --locked \
    && install -D target/dist/pobratim /out/pobratim \
    # A folder for a SQLite file and for the files of documents; a new volume mounted there takes over
    # its owner.
    && install -d /out/data

FROM debian:trixie-slim
LABEL org.opencontainers.image.title="Pobratim" \
      org.opencontainers.image.description="The system of record for a city's international relations" \
      org.opencontainers.image.source="https://pobratim.example/source" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT"

COPY LICENSE-APACHE LICENSE-MIT NOTICE /usr/share/doc/pobratim/
COPY --from=build /out/pobratim /usr/local/bin/pobratim
COPY --from=build --chown=10001:10001 /out/data /var/lib/pobratim

# A number, so that an orchestrator can tell it is not root; no account is needed for it.
USER 10001:10001
WORKDIR /var/lib/pobratim

# Inside a container loopback would be reachable by nobody.
ENV POBRATIM_LISTEN=0.0.0.0:8080
EXPOSE 8080

# Ready means: the database answers and is migrated, and the server is not draining. The slim image
# has no curl; bash can speak enough HTTP itself. Change the port here along with POBRATIM_LISTEN.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]

ENTRYPOINT ["pobratim"]
CMD ["serve"]
