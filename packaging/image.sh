#!/bin/sh
# Makes a container image with podman, buildah or docker. What it consists of is put into
# FOLDER, by default dist/image; with --no-build that is all. Usage: image.sh [--no-build] [FOLDER]
set -eu
build=yes
if [ "${1-}" = --no-build ]; then
	build=
	shift
fi
folder=${1:-dist/image}
rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/.."
umask 022

arch=$(go env GOARCH)
root=$folder/$arch
mkdir -p "$root/etc/ssl/certs" "$root/etc/mailprobe" "$root/usr/share" "$root/var/lib/mailprobe" "$root/tmp"
chmod 1777 "$root/tmp"
GOOS=linux sh packaging/build.sh "$root/usr/bin/mailprobe"
echo 'mailprobe:x:65532:65532:mailprobe:/var/lib/mailprobe:/sbin/nologin' >"$root/etc/passwd"
echo 'mailprobe:x:65532:' >"$root/etc/group"
cp "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$root/etc/ssl/certs/ca-certificates.crt"
cp "$(go env GOROOT)/lib/time/zoneinfo.zip" "$root/usr/share/zoneinfo.zip"
cp LICENSE "$root/usr/share/LICENSE"
chmod 644 "$root"/usr/share/* "$root/etc/ssl/certs/ca-certificates.crt"
cp packaging/Containerfile "$folder/"

[ -n "$build" ] || exit 0
eval "$(sh packaging/version.sh)"
for builder in podman buildah docker; do
	! command -v $builder >/dev/null || exec $builder build --build-arg "TARGETARCH=$arch" -t "mailprobe:$VERSION" -f "$folder/Containerfile" "$folder"
done
echo "image.sh: install podman, buildah or docker; the files are in $folder" >&2
exit 1
