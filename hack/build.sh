#!/usr/bin/env bash
# Builds the manager, or another program below cmd. Makefile, Dockerfile, hack/image.sh and hack/krew.sh call this, so that the same source, version and
# toolchain give the same bytes everywhere: whatever directory, user or architecture builds it.
#
#   [VERSION=v1.2.3] hack/build.sh FILE [OS/ARCHITECTURE [PROGRAM]]
#
# VERSION is what `manager --version` says; absent: dev. The platform is that of this machine unless it is given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
file=${1:?usage: [VERSION=…] hack/build.sh FILE [OS/ARCHITECTURE [PROGRAM]]}
[[ $file = /* ]] || file=$OLDPWD/$file
platform=${2:-$(go env GOHOSTOS)/$(go env GOHOSTARCH)}

# What the environment could change is set here: features of processors, experiments, flags. The state of a clone is no part of the binary, because a
# build context has none.
export CGO_ENABLED=0 GOOS=${platform%%/*} GOARCH=${platform##*/} GOAMD64=v1 GOARM64=v8.0 GOEXPERIMENT='' GOFIPS140=off GOFLAGS='' GOWORK=off
exec go build -mod=readonly -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION:-dev}" -o "$file" "./cmd/${3:-manager}"
