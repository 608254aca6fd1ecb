#!/usr/bin/env bash
# A throw-away PostgreSQL server for tests.
#
#   POSTGRES_URL=$(hack/postgres.sh start DIR [ADDRESS])     makes a cluster in DIR (absent, empty or from an earlier start) and runs it
#   hack/postgres.sh stop DIR                                ends it and removes DIR
#
# stdout of start: the superuser's URL, nothing else. A second start prints the URL of the server that runs.
# The server listens on 127.0.0.1 on a free port, wants a random password, and is made for speed: it does not survive a crash of the machine.
# With ADDRESS, an address of this machine, it listens there as well and lets in who comes from the same network; the URL then has that address.
# Where PostgreSQL is missing, root gets Debian's package, without the cluster that the package would start.
set -euo pipefail

fail() {
	echo "postgres.sh: $*" >&2
	exit 1
}

verb=${1:-} dir=${2:-} address=${3:-127.0.0.1}
[ -n "$dir" ] || fail "usage: postgres.sh start|stop DIR [ADDRESS]"
[ ! -d "$dir" ] || dir=$(cd "$dir" && pwd)
[[ $dir = /* ]] || dir=$PWD/$dir
mark=$dir/.throw-away data=$dir/data log=$dir/log url=$dir/url

# usable DIR: a directory that holds a whole PostgreSQL server, not a client or something else of the same name.
usable() {
	[ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [[ $("$1/postgres" --version 2>/dev/null) = "postgres (PostgreSQL)"* ]]
}

find_bin() {
	local candidate
	while read -r candidate; do
		if usable "$candidate"; then
			echo "$candidate"
			return
		fi
	done < <(
		pg_config --bindir 2>/dev/null || true
		printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV
		dirname "$(readlink -f "$(command -v postgres || echo /nowhere/postgres)")"
	)
	return 1
}

install_package() {
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		fail "no PostgreSQL server was found: install one, or set POSTGRES_URL"
	fi
	echo "installing Debian's postgresql" >&2
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		mkdir -p /etc/postgresql-common
		echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
	fi
	export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold postgresql; } >&2
}

# as_owner COMMAND...: PostgreSQL refuses to run as root.
as_owner() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups -- "$@"
	else
		"$@"
	fi
}

# own_file FILE: stdin into a file that the server's user owns.
own_file() {
	(umask 077 && cat >"$1")
	[ "$(id -u)" != 0 ] || chown "$owner:" "$1"
}

# running asks the port, not the process: where no init reaps it, a killed server still has its process id.
running() {
	[ -e "$url" ] || return 1
	local port
	port=$(sed 's,.*:\([0-9]*\)/.*,\1,' "$url")
	(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

make_cluster() {
	mkdir -p "$dir"
	[ -e "$mark" ] || [ -z "$(ls -A "$dir")" ] || fail "$dir is not empty and not from an earlier start"
	touch "$mark"
	rm -rf "$data" "$log" "$url"
	[ "$(id -u)" != 0 ] || chown "$owner:" "$dir"
	chmod 700 "$dir"
	as_owner test -w "$dir" || fail "user $owner cannot reach $dir"
	cd "$dir"
	own_file "$dir/password" <<<"$password"
	as_owner "$bin/initdb" --pgdata="$data" --username=postgres --pwfile="$dir/password" \
		--auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >/dev/null || fail "initdb failed"
	rm "$dir/password"
	local sockets=$dir listen=127.0.0.1
	[ "$address" = "$listen" ] || listen+=,$address
	[ ${#dir} -le 80 ] || sockets= # the kernel allows 107 bytes for a socket's path
	cat >>"$data/postgresql.conf" <<-CONF
		listen_addresses = '$listen'
		unix_socket_directories = '$sockets'
		max_connections = 200
		fsync = off
		synchronous_commit = off
		full_page_writes = off
	CONF
	[ "$address" = 127.0.0.1 ] || echo "host all all samenet scram-sha-256" >>"$data/pg_hba.conf"
}

# start_server tries ports below the range from which the kernel takes those of outgoing connections.
start_server() {
	for _ in $(seq 20); do
		port=$((RANDOM % 17000 + 15000))
		own_file "$log" </dev/null
		if as_owner "$bin/pg_ctl" --pgdata="$data" --log="$log" --options="-p $port" --timeout=60 --wait start >/dev/null 2>&1; then
			return
		fi
		grep -q 'could not create any TCP/IP sockets' "$log" || break
	done
	cat "$log" >&2
	fail "the server did not start"
}

start() {
	bin=$(find_bin) || { install_package && bin=$(find_bin); } || fail "no PostgreSQL server even after installing one"
	owner=$(id -un postgres 2>/dev/null || echo nobody)
	if ! running; then
		password=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
		make_cluster
		start_server
		own_file "$url" <<<"postgres://postgres:$password@$address:$port/postgres?sslmode=disable"
	fi
	cat "$url"
}

stop() {
	[ -e "$dir" ] || return 0
	[ -e "$mark" ] || [ -z "$(ls -A "$dir")" ] || fail "$dir was not made by start"
	if [ -e "$data/postmaster.pid" ]; then
		bin=$(find_bin) || fail "no PostgreSQL server was found"
		owner=$(stat -c %U "$dir")
		cd "$dir"
		as_owner "$bin/pg_ctl" --pgdata="$data" --mode=immediate --timeout=20 --wait stop >/dev/null ||
			echo "postgres.sh: the server had ended before" >&2
		cd /
	fi
	rm -rf "$dir"
}

case $verb in
start | stop) "$verb" ;;
*) fail "usage: postgres.sh start|stop DIR [ADDRESS]" ;;
esac
