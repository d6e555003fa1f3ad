#!/bin/sh
# Prints what is built, as assignments for the shell:
#   VERSION            1.2.3, or 1.2.3.4 for the fourth commit after that tag, for packages
#   COMMIT             the first digits of its hash, with -dirty where files were changed
#   DATE               the day of the commit
#   SOURCE_DATE_EPOCH  its time, in seconds since 1970
# Outside of a repository they come from packaging/archive, which git archive fills in. What
# the environment has set already stays.
set -eu
cd "$(dirname "$0")/.."

# numbered makes 1.2.3.4 of v1.2.3-4-gabcdef.
numbered() { echo "$1" | sed -E 's/^v//; s/-([0-9]+)-g[0-9a-f]+$/.\1/'; }

describe= commit= epoch=
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] && commit=$(git rev-parse HEAD 2>/dev/null); then
	describe=$(git describe --tags --match 'v[0-9]*' 2>/dev/null) || describe=v0.0.0-$(git rev-list --count HEAD)-g$commit
	epoch=$(git log -1 --format=%ct)
	[ -z "$(git status --porcelain --untracked-files=no)" ] || dirty=-dirty
elif ! grep -q 'Format:' packaging/archive; then
	read -r commit epoch describe <packaging/archive
fi
epoch=${SOURCE_DATE_EPOCH:-${epoch:-$(date -r CHANGELOG.md +%s)}}

echo "VERSION=${VERSION:-$(numbered "${describe:-v0.0.0}")}"
echo "COMMIT=${COMMIT:-$(printf %.12s "$commit")${dirty-}}"
echo "DATE=$(date -u -d "@$epoch" +%Y-%m-%d 2>/dev/null || date -u -r "$epoch" +%Y-%m-%d)"
echo "SOURCE_DATE_EPOCH=$epoch"
