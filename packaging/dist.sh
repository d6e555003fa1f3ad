#!/bin/sh
# Builds the packages deb, rpm and apk for amd64 and arm64, or the ARCHITECTURES that the
# environment names, with bills of materials and checksums into a folder, dist by default.
# The same commit makes the same bytes anywhere: times are that of the commit, and the build
# knows no path. Usage: dist.sh [FOLDER]
set -eu
out=${1:-dist}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."
eval "$(sh packaging/version.sh)"
: "${MAINTAINER:=mailprobe packagers <packagers@mailprobe.invalid>}" "${ARCHITECTURES:=amd64 arm64}"
export VERSION COMMIT SOURCE_DATE_EPOCH MAINTAINER LC_ALL=C TZ=UTC
umask 022
rm -rf "$out"/*

# What is the same for every architecture.
root=$out/root
doc=$root/usr/share/doc/mailprobe
mkdir -p "$doc" "$root/usr/share/mailprobe" "$out/program"
sh packaging/build.sh "$out/host"
"$out/host" package-files "$root"
gzip -9n "$root"/usr/share/man/man?/*
cp -R contrib LICENSE "$root/usr/share/mailprobe/"
cp -R packaging "$out/"
gzip -9nc CHANGELOG.md >"$doc/changelog.gz"
awk -v version="$VERSION" -v maintainer="$MAINTAINER" -v date="$(date -u -R -d "@$SOURCE_DATE_EPOCH")" \
	-f packaging/changelog.awk CHANGELOG.md | gzip -9nc >"$doc/changelog.Debian.gz"
chmod -R u=rwX,go=rX "$root" "$out/packaging" # whatever umask the checkout was made with
find "$root" "$out/packaging" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

nfpm=$(go tool -modfile=tools/nfpm/go.mod -n nfpm)
for arch in $ARCHITECTURES; do
	export ARCH=$arch
	GOARCH=$arch GOOS=linux sh packaging/build.sh "$out/program/mailprobe"
	go run ./packaging/sbom -version "v$VERSION" -sbom "$out/mailprobe_${VERSION}_$arch.cdx.json" \
		-copyright "$out/program/copyright" "$out/program/mailprobe"
	for packager in deb rpm apk; do
		(cd "$out" && "$nfpm" package --config packaging/nfpm.yaml --packager $packager --target ./ >log) || { cat "$out/log" >&2; exit 1; }
	done
done
rm -rf "$out/host" "$root" "$out/program" "$out/packaging" "$out/log"
(cd "$out" && sha256sum mailprobe* >SHA256SUMS)
