# The manager: compiled on the builder's own architecture for the target's, so that a multi-platform build needs no emulation.
# hack/image.sh makes an image with the same binary without a container engine. The patch level of Go decides about the bytes, so it is pinned.
ARG GO_VERSION=1.26.8
FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
ARG TARGETOS TARGETARCH VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN VERSION=$VERSION hack/build.sh /manager $TARGETOS/$TARGETARCH

FROM gcr.io/distroless/static:nonroot
COPY --from=build /manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
