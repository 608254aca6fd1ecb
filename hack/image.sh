#!/usr/bin/env bash
# Builds the image of the manager for several platforms, without a container engine, a registry or a base image from elsewhere.
#
#   [IMG=NAME:TAG] [VERSION=v1.2.3] [PLATFORMS="linux/amd64 linux/arm64"] hack/image.sh [DIR]
#
# It writes to DIR (dist unless it is given) what hack/image/main.go says: image.tar, archives and bills of materials of each platform, an OCI layout, the
# digest. stdout: digest, sizes, contents. The same commit, IMG and VERSION with the same Go give the same bytes, wherever they are built. All times
# are SOURCE_DATE_EPOCH, or that of the commit; without a clone, 1970.
set -euo pipefail
out=$(realpath -m "${1:-$(dirname "${BASH_SOURCE[0]}")/../dist}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VERSION=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
export VERSION
image=${IMG:-backoffice-operator:$VERSION}
created=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
revision=
# A tree with changes is no commit.
if [ -z "$(git status --porcelain 2>/dev/null || echo none)" ]; then revision=$(git rev-parse HEAD); fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
binaries=()
for platform in ${PLATFORMS:-linux/amd64 linux/arm64}; do
	binary=$work/manager-${platform//\//-}
	hack/build.sh "$binary" "$platform"
	binaries+=("$platform=$binary")
done
(cd hack/image && CGO_ENABLED=0 GOFLAGS='' go build -buildvcs=false -o "$work/image" .)
"$work/image" -name "$image" -version "$VERSION" -revision "$revision" -created "$created" -out "$out" "${binaries[@]}"
