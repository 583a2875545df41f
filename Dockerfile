# From source: `docker build .`. With a binary that is already built: `cargo xtask image`, which takes
# the last stage alone. Nothing here needs BuildKit.
#
# The images that it builds on are named by tags, which others move. Whoever has a registry names them by
# their digests: --build-arg RUST_IMAGE=rust@sha256:… --build-arg DEBIAN_IMAGE=debian@sha256:…
ARG RUST_IMAGE=rust:1.95-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release --package usher-server \
 && cargo xtask sbom --output target/release/usher.cdx.json

FROM ${DEBIAN_IMAGE}
# The folder must be the user's own: a new volume takes its owner from it.
RUN useradd --system --uid 10001 --home-dir /var/lib/usher usher \
 && install --directory --owner=usher --group=usher --mode=700 /var/lib/usher
COPY --from=build /src/target/release/usher /usr/local/bin/
# What the binary links, as CycloneDX.
COPY --from=build /src/target/release/usher.cdx.json /usr/share/doc/usher/
ENV USHER_DATA_DIR=/var/lib/usher USHER_HTTP__LISTEN=0.0.0.0:8080
VOLUME /var/lib/usher
WORKDIR /var/lib/usher
USER usher
EXPOSE 8080
ENTRYPOINT ["usher"]
CMD ["serve"]
