#!/usr/bin/env bash
# run.sh [manager's flags…]: a control plane on this machine and the operator of this tree, until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/run" ./hack/run
"$bin/run" "$@"
