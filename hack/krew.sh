#!/usr/bin/env bash
# Builds the plugin of kubectl for several platforms, packs it, and writes the manifest by which krew installs it. It needs no network and no krew.
#
#   VERSION=v1.2.3 [URL=https://…] [PLATFORMS="linux/amd64 …"] hack/krew.sh [DIR]
#
# It writes to DIR (dist unless it is given) what hack/krew/main.go says: an archive of each platform, and backoffice.yaml. URL is the folder from which
# the archives will be downloaded; absent: the release of that version at GitHub. The same commit and VERSION with the same Go give the same bytes.
#
# The plugin can be installed from there by hand, before it is in any index:
#
#   kubectl krew install --manifest=dist/backoffice.yaml --archive=dist/kubectl-backoffice_linux_amd64.tar.gz
set -euo pipefail
out=$(realpath -m "${1:-$(dirname "${BASH_SOURCE[0]}")/../dist}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

: "${VERSION:?the version, such as v1.2.3}"
export VERSION
url=${URL:-https://github.com/backoffice-operator/backoffice-operator/releases/download/$VERSION}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
binaries=()
for platform in ${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}; do
	binary=$work/${platform//\//-}
	hack/build.sh "$binary" "$platform" kubectl-backoffice
	binaries+=("$platform=$binary")
done
mkdir -p "$out"
go run ./hack/krew -version "$VERSION" -url "$url" -out "$out" "${binaries[@]}"
