#!/usr/bin/env bash
# Fetches the kinds of cert-manager and prometheus-operator for tests, once for each version: CustomResourceDefinitions of whom our manifests use.
#
#   hack/tools/crds.sh
#
# stdout: the directory that holds the files, nothing else. stderr: progress.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cert_manager=v1.21.2 prometheus_operator=v0.94.0

dir=${XDG_CACHE_HOME:-$HOME/.cache}/backoffice-operator/crds-$cert_manager-$prometheus_operator
[ ! -e "$dir/.complete" ] || { echo "$dir"; exit; }
echo "fetching into $dir, once" >&2
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9

# module PATH@VERSION: its directory in the module cache.
module() { (cd / && go mod download -json "$1") | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'; }

certificates=$(module "github.com/cert-manager/cert-manager@$cert_manager")
cp --no-preserve=mode "$certificates"/deploy/crds/cert-manager.io_{certificates,issuers}.yaml "$dir"

# Only the types are a module that can be had everywhere: the kinds are generated from them.
generator=$(mktemp -d)
trap 'rm -rf "$generator"' EXIT
go build -o "$generator/controller-gen" sigs.k8s.io/controller-tools/cmd/controller-gen
monitoring=$(module "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring@$prometheus_operator")
(cd "$monitoring" && "$generator/controller-gen" crd:allowDangerousTypes=true paths=./v1 output:crd:dir="$generator") >&2
cp "$generator"/monitoring.coreos.com_{servicemonitors,prometheusrules}.yaml "$dir"
touch "$dir/.complete"
echo "$dir"
