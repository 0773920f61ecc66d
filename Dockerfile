# The build runs on the builder's own architecture and cross-compiles, so no
# emulation is needed for any target:
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=1.2.3 .
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOCACHE=/cache
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
# Without a VERSION the binary says "(devel)".
ARG VERSION
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/cache \
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath \
    -ldflags "-s -w -X mailgun-connector/connector/cli.released=$VERSION" -o /out/mailgun-connector .
# A database or the console's config needs a folder of the user's own to be in; a new
# volume that is mounted there gets its owner.
RUN mkdir -m 700 /out/state

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/mailgun-connector /
COPY --from=build --chown=65532:65532 /out/state /var/lib/mailgun-connector
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
# Mount a folder with connector.json, or connector.yaml, which is found too.
ENV CONNECTOR_CONFIG=/etc/mailgun-connector/connector.json \
    CONNECTOR_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["/mailgun-connector", "healthcheck"]
ENTRYPOINT ["/mailgun-connector"]
CMD ["serve"]
ARG VERSION
LABEL org.opencontainers.image.title="mailgun-connector" \
      org.opencontainers.image.description="Sends one-time codes by e-mail through Mailgun, as a service that identity servers call." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"
