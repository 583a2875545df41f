# From source: `docker build .`. With a binary that is already built: `cargo xtask image`, which takes
# the last stage alone. Nothing here needs BuildKit.
ARG DEBIAN=bookworm

FROM rust:1.95-${DEBIAN} AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release --package usher-server

FROM debian:${DEBIAN}-slim
# The folder must be the user's own: a new volume takes its owner from it.
RUN useradd --system --uid 10001 --home-dir /var/lib/usher usher \
 && install --directory --owner=usher --group=usher --mode=700 /var/lib/usher
COPY --from=build /src/target/release/usher /usr/local/bin/
ENV USHER_DATA_DIR=/var/lib/usher USHER_HTTP__LISTEN=0.0.0.0:8080
VOLUME /var/lib/usher
WORKDIR /var/lib/usher
USER usher
EXPOSE 8080
ENTRYPOINT ["usher"]
CMD ["serve"]
