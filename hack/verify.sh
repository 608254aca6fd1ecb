#!/usr/bin/env bash
# Checks that the tree is in order. First everything that is generated is written anew and must not differ; then the read-only checks.
# Every check runs, whatever came before, and prints its name with ok or FAILED. The exit status is 0 only if all are ok.
# What the first group changed is left in place: look at it and keep it.

# shellcheck disable=SC2317 # the checks are called by the names in the list
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

checks=(
	generated   # deep-copy code
	manifests   # CRDs, ClusterRole, and what the charts take from config
	documented  # the reference of the API, the charts' pages
	formatted   # gofumpt and goimports
	tidy        # go.mod and go.sum of every module
	headers     # licence header of every Go file
	scripts     # the scripts are bash
	kustomize   # config/default builds
	lint        # .golangci.yml, with the import arrows between our packages
)

files() { git ls-files --cached --others --exclude-standard "$@"; }

# unchanged COMMAND...: fails if the command fails, or leaves a file different from what it was.
unchanged() {
	local before after
	before=$(snapshot)
	"$@" || return 1
	after=$(snapshot)
	diff <(echo "$before") <(echo "$after") | sed -n 's/^[<>] [0-9a-f]* */changed: /p' | sort -u
	[ "$before" = "$after" ]
}

# A file of the index that is gone from the tree is no difference of ours.
snapshot() { files -z | xargs -0 sha256sum 2>/dev/null; }

generated() { unchanged make --no-print-directory generate; }
manifests() { unchanged make --no-print-directory manifests; }
documented() { unchanged make --no-print-directory docs; }
formatted() { unchanged make --no-print-directory fmt; }
tidy() { unchanged tidy_modules; }

tidy_modules() {
	local module
	for module in $(files '*go.mod'); do
		(cd "$(dirname "$module")" && go mod tidy) || return 1
	done
}

headers() {
	local missing=0 file
	for file in $(files '*.go'); do
		# Within the first lines: a build constraint may come before.
		if [ "$(head -n 5 "$file" | grep -cxFf hack/boilerplate.go.txt)" -lt 2 ]; then
			echo "$file lacks the header of hack/boilerplate.go.txt"
			missing=1
		fi
	done
	return "$missing"
}

scripts() {
	local status=0 file
	for file in $(files '*.sh') .ci/run hack/node/node; do
		bash -n "$file" || status=1
	done
	return "$status"
}

kustomize() {
	local assets
	assets=$(hack/controlplane/build.sh) && "$assets/kubectl" kustomize config/default >/dev/null
}

lint() { make --no-print-directory lint; }

status=0
for check in "${checks[@]}"; do
	if output=$("$check" 2>&1); then
		printf '%-12s ok\n' "$check"
	else
		printf '%-12s FAILED\n' "$check"
		# shellcheck disable=SC2001 # every line gets an indent
		sed 's/^/    /' <<<"$output"
		status=1
	fi
done
exit "$status"
