#!/usr/bin/env bash
# Builds tools from source, once for each version.
#
#   hack/tools/build.sh NAME
#
# NAME is a folder here, a module of its own whose go.mod pins tools by `tool` lines: their requirements meet neither the operator's nor each other's.
# stdout: the directory that holds the binaries, nothing else. stderr: progress.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/${1:?the name of a folder of hack/tools}"
# shellcheck source=hack/cached-build.sh
source ../../cached-build.sh

# Some tools say their version only if the linker told them.
version() { # MODULE
	go list -m -f '{{.Version}}' "$1"
}

pairs=()
for package in $(go list tool); do
	pairs+=("$(basename "$package")=$package")
done

flags="-s -w"
case $1 in
lint)
	version=$(version github.com/golangci/golangci-lint/v2)
	flags+=" -X main.version=${version#v}"
	;;
helm) flags+=" -X helm.sh/helm/v4/internal/version.version=$(version helm.sh/helm/v4)" ;;
helm3) flags+=" -X helm.sh/helm/v3/internal/version.version=$(version helm.sh/helm/v3)" ;;
esac

dir=$(cache_dir tools .)
cached_build "$dir" "$flags" "${pairs[@]}"
echo "$dir"
