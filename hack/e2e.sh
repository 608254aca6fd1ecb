#!/usr/bin/env bash
# Installs the operator on a real node of this machine and uses it: image, charts, pods, webhooks by their Service, a volume, two managers on PostgreSQL,
# upgrades, uninstalling. The figures come last.
#
#   [KEEP=1] hack/e2e.sh [flags of ginkgo…]
#
# It takes root, and says `skipped` with the reason, and succeeds, where the machine cannot be a node. With KEEP=1 the node stays, for a look into it.
# The first run builds kubelet, kube-proxy and kube-scheduler, which takes minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

reason=$(hack/node/node check)
if [ -n "$reason" ]; then
	echo "e2e: skipped: $reason"
	exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/backoffice-e2e.XXXXXX")
chmod 755 "$work" # PostgreSQL runs as another user
finish() {
	if [ -n "${KEEP:-}" ]; then
		echo "kept; to end it: hack/postgres.sh stop $work/postgres; hack/node/node down $work/node; rm -rf $work"
		return
	fi
	hack/postgres.sh stop "$work/postgres" || true
	hack/node/node down "$work/node"
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

export E2E_IMAGE=backoffice-operator:e2e E2E_HELM E2E_VOLUME=$work/node/volume E2E_POSTGRES_URL
IMG=$E2E_IMAGE hack/image.sh "$work/image"
E2E_HELM=$(hack/tools/build.sh helm)/helm
CGO_ENABLED=0 go test -c -tags=e2e -o "$work/e2e.test" ./hack/e2e
settings=$(hack/node/node up "$work/node")
eval "$settings"
[ -z "${KEEP:-}" ] || echo "$settings"
hack/node/node load "$work/image/image.tar" "$work/node"
E2E_POSTGRES_URL=$(hack/postgres.sh start "$work/postgres" 10.88.0.1)
"$work/e2e.test" -test.timeout=20m -ginkgo.no-color "$@"
