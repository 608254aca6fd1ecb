# shellcheck shell=bash
# For sourcing: builds Go programs once for each version of a module, outside of the clone.

# cache_dir NAME MODULE_DIR: where the programs of that module lie. A changed go.mod is another directory.
cache_dir() {
	echo "${XDG_CACHE_HOME:-$HOME/.cache}/backoffice-operator/$1-$(sha256sum "$2/go.mod" | cut -c1-16)"
}

# cached_build DIR LDFLAGS BINARY=PACKAGE...: builds the packages of the module in the working directory into DIR, unless they are there.
# Two runs at the same time share one build; a run that is interrupted is resumed by the next one. stderr: one line for each program.
cached_build() (
	dir=$1 ldflags=$2
	shift 2
	[ ! -e "$dir/.complete" ] || exit 0
	mkdir -p "$dir"
	exec 9>"$dir/.lock"
	flock --nonblock 9 || { echo "waiting for another build in $dir" >&2; flock 9; }
	[ ! -e "$dir/.complete" ] || exit 0
	echo "building into $dir, once" >&2
	for pair in "$@"; do
		name=${pair%%=*}
		[ ! -x "$dir/$name" ] || continue
		started=$SECONDS
		# Renamed only when it is whole: what bears the final name always runs.
		CGO_ENABLED=0 go build -mod=readonly -buildvcs=false -ldflags "$ldflags" -o "$dir/.$name.partial" "${pair#*=}" >&2
		mv "$dir/.$name.partial" "$dir/$name"
		echo "  $name: $((SECONDS - started)) s" >&2
	done
	touch "$dir/.complete"
)
