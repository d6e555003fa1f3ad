#!/bin/sh
# Unpacks Debian packages into a folder without installing them: servers that conflict
# with one that is installed, and tools whose package starts a service. Usage: unpack.sh FOLDER PACKAGE...
set -eu
folder=$1
shift
list=$*
[ "$(cat "$folder/done" 2>/dev/null)" != "$*" ] || exit 0
command -v apt-get >/dev/null && command -v dpkg >/dev/null || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "not unpacked: $*; the tests that need them are skipped" >&2
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -o APT::Sandbox::User=root "$@" || { apt-get update && apt-get download -o APT::Sandbox::User=root "$@"; }
for package in ./*.deb; do
	dpkg -x "$package" root
done
# They run only as root, in tests.
find root -type f -perm /6000 -exec chmod ug-s {} +
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
cp -a root "$folder"
echo "$list" >"$folder/done"
