#!/usr/bin/env bash
# Builds etcd, kube-apiserver, kube-controller-manager and kubectl for tests, once for each version (5 to 10 minutes on two cores).
#
#   KUBEBUILDER_ASSETS=$(hack/controlplane/build.sh)
#
# stdout: the directory that holds the four binaries, nothing else. stderr: progress.
# The directory lies in the user's cache and is named after the hash of go.mod, so a new version is built beside the old one.
# Where KUBEBUILDER_ASSETS is set already, that directory is checked and printed, and nothing is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=hack/cached-build.sh
source ../cached-build.sh
binaries=(etcd kube-apiserver kubectl kube-controller-manager)

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
	for name in "${binaries[@]}"; do
		[ -x "$KUBEBUILDER_ASSETS/$name" ] || { echo "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS has no $name" >&2; exit 1; }
	done
	echo "$KUBEBUILDER_ASSETS"
	exit
fi

version=$(awk '$1 == "k8s.io/kubernetes" && $2 ~ /^v/ { print $2 }' go.mod)
IFS=. read -r major minor _ <<<"${version#v}"
ldflags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	ldflags+=" -X $package.gitVersion=$version -X $package.gitMajor=$major -X $package.gitMinor=$minor"
done

dir=$(cache_dir controlplane .)
cached_build "$dir" "$ldflags" \
	etcd=go.etcd.io/etcd/server/v3 \
	kube-apiserver=k8s.io/kubernetes/cmd/kube-apiserver \
	kubectl=k8s.io/kubernetes/cmd/kubectl \
	kube-controller-manager=k8s.io/kubernetes/cmd/kube-controller-manager
echo "$dir"
