#!/usr/bin/env bash
# Runs the tests.
#
#   hack/test.sh all       everything: packages with a Ginkgo suite by ginkgo, all others by go test
#   hack/test.sh race      the same with the race detector
#   hack/test.sh unit      the pure packages alone: no server is started
#
# race leaves out the suites that only talk to a manager of their own, which is a process and not built with the detector, and the modules below hack.
# Both build the control plane (unless KUBEBUILDER_ASSETS is set) and start a PostgreSQL (unless POSTGRES_URL is set), which ends with the run,
# also with a failed or interrupted one. Where Python, promtool or Chromium is missing, root gets Debian's package. Reports lie in .reports and below it:
# report.json of ginkgo, plain.json of go test.
# The last line counts the tests. The exit status is 0 only if all passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pure=(access policy credential desired stamp store store/batch store/known flow)
outside=(./internal/acceptance ./internal/installation ./internal/plugin)
modules=(hack/argocd hack/image)

unit() {
	local packages=()
	for name in "${pure[@]}"; do
		if compgen -G "internal/$name/*.go" >/dev/null; then packages+=("./internal/$name"); fi
	done
	[ ${#packages[@]} -gt 0 ] || { echo "no pure packages yet" >&2; exit 0; }
	exec go test "${packages[@]}"
}

# split sorts the packages into suites, which have a *suite_test.go, and plain.
split() {
	local folder folders
	folders=$(go list -f '{{.Dir}}' ./...)
	suites=() plain=()
	while read -r folder; do
		folder=.${folder#"$PWD"}
		if ! compgen -G "$folder/*suite_test.go" >/dev/null; then plain+=("$folder"); elif wanted "$folder"; then suites+=("$folder"); fi
	done <<<"$folders"
}

wanted() { [ "$mode" = all ] || [[ " ${outside[*]} " != *" $1 "* ]]; }

start_postgres() {
	[ -z "${POSTGRES_URL:-}" ] || return 0
	postgres=$(mktemp -d "${TMPDIR:-/tmp}/backoffice-postgres.XXXXXX")
	trap 'hack/postgres.sh stop "$postgres"' EXIT
	trap 'exit 130' INT TERM HUP
	POSTGRES_URL=$(hack/postgres.sh start "$postgres")
	export POSTGRES_URL
}

# Python verifies passwords as an application of docs/store.md does.
need_python() {
	command -v python3 >/dev/null && return
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "test.sh: no python3 was found: install it" >&2
		exit 1
	fi
	echo "installing Debian's python3" >&2
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3; } >&2
}

# report FILE COMMAND...: runs go test -json, keeps what it says in FILE, and shows it.
report() {
	local file=$1
	shift
	mkdir -p "$(dirname "$file")"
	"$@" | go run ./hack/systems show "$file"
}

test_module() { (cd "$1" && go test -json -timeout=30m ./...); }

# run_all REPORTS FLAG...: the flags go to go test and ginkgo alike.
run_all() {
	local reports=$PWD/$1 status=0 module
	shift
	KUBEBUILDER_ASSETS=$(hack/controlplane/build.sh)
	export KUBEBUILDER_ASSETS
	need_python
	hack/promtool/install.sh
	hack/chromium/install.sh
	start_postgres
	split
	rm -rf "$reports"
	report "$reports/plain.json" go test -json "$@" "${plain[@]}" || status=1
	if [ "$mode" = all ]; then
		for module in "${modules[@]}"; do
			report "$reports/$module/plain.json" test_module "$module" || status=1
		done
	fi
	if [ ${#suites[@]} -gt 0 ]; then
		[ -t 1 ] || set -- "$@" --no-color
		go tool ginkgo run "$@" --randomize-all --keep-going --output-dir="$reports" --json-report=report.json "${suites[@]}" || status=1
	fi
	find "$reports" -name '*.json' -printf '%h\n' | sort -u | xargs go run ./hack/systems count
	exit "$status"
}

mode=${1:-}
case $mode in
unit) unit ;;
all) run_all .reports ;;
race) CGO_ENABLED=1 run_all .reports/race -race ;;
*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac
