#!/bin/sh
# Installs those of the named Debian packages that are missing. Without Debian or
# root it installs nothing, and the tests that need them report it.
set -eu
command -v dpkg-query >/dev/null || exit 0
missing=
for package; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "not installed:$missing; the tests that need them are skipped" >&2
	exit 0
fi
apt-get update
# Only the tests start these servers, each with its own configuration.
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
