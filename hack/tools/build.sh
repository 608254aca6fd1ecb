#!/usr/bin/env bash
# Builds golangci-lint, once for each version (about 4 minutes on two cores).
#
#   PATH=$(hack/tools/build.sh):$PATH
#
# stdout: the directory that holds the binary, nothing else. stderr: progress.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=hack/cached-build.sh
source ../cached-build.sh

version=$(awk '$1 == "github.com/golangci/golangci-lint/v2" { print $2 }' go.mod)
dir=$(cache_dir tools .)
cached_build "$dir" "-s -w -X main.version=${version#v}" golangci-lint=github.com/golangci/golangci-lint/v2/cmd/golangci-lint
echo "$dir"
