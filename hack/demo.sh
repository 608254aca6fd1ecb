#!/usr/bin/env bash
# demo.sh: shows what the operator does, on a control plane of its own and the embedded store. KEEP=1 leaves it running until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/demo" ./hack/demo
"$bin/demo" ${KEEP:+-keep}
