#!/bin/sh
# Builds mailprobe into FILE: static, without the paths of this machine, and with version,
# commit and date. GOOS and GOARCH say for which system. Usage: build.sh FILE
set -eu
case $1 in
/*) file=$1 ;;
*) file=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.."
eval "$(sh packaging/version.sh)"
into=mailprobe/internal/release
CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$file" \
	-ldflags "-s -w -X $into.version=v$VERSION -X $into.commit=$COMMIT -X $into.date=$DATE" ./cmd/mailprobe
