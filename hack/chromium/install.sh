#!/usr/bin/env bash
# Makes sure that chromium is on PATH, by which the page of kubectl backoffice matrix is tested. Where it is not, root gets Debian's package.
set -euo pipefail

command -v chromium >/dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "chromium was not found: install it" >&2
	exit 1
fi
echo "installing Debian's package chromium" >&2
{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >&2
chromium --version >&2
