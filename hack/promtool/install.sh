#!/usr/bin/env bash
# Makes sure that promtool is on PATH, by which the alerts are tested. Where it is not, root gets it from Debian's package prometheus; the server of that
# package is not started.
set -euo pipefail

command -v promtool >/dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "promtool was not found: install Prometheus, whose archive has it" >&2
	exit 1
fi
echo "installing promtool from Debian's package prometheus" >&2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
	apt-get update -qq
	# The package alone: it would start a server, and bring an exporter.
	(cd "$folder" && apt-get download -qq prometheus && dpkg-deb --extract prometheus_*.deb .)
	install -m 0755 "$folder/usr/bin/promtool" /usr/local/bin/promtool
} >&2
promtool --version >&2
