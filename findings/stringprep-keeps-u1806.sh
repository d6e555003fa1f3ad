#!/usr/bin/env bash
# github.com/xdg-go/stringprep v1.0.4 (Go), which github.com/xdg-go/scram uses.
#
# RFC 3454 lists in table B.1 the characters that are commonly mapped to nothing, U+1806
# MONGOLIAN TODO SOFT HYPHEN among them; RFC 4013 (SASLprep) maps all of the table. The
# package's table has the others, U+00AD SOFT HYPHEN for instance, and not this one. A
# password with it is another one here than for a peer that prepares it by the RFC.
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/finding.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'END'
module finding
go 1.24
require github.com/xdg-go/stringprep v1.0.4
END
cat >main.go <<'END'
package main

import (
	"fmt"

	"github.com/xdg-go/stringprep"
)

func main() {
	for _, c := range []rune{0x00AD, 0x1806, 0x180B, 0x200B} {
		out, err := stringprep.SASLprep.Prepare("a" + string(c) + "b")
		fmt.Printf("U+%04X %q %v\n", c, out, err)
	}
}
END
GOFLAGS=-mod=mod go run . >seen
cat seen
for line in 'U+00AD "ab" <nil>' 'U+180B "ab" <nil>' 'U+200B "ab" <nil>'; do
	grep -qF "$line" seen || { echo "changed: $line"; exit 1; }
done
if grep -qF 'U+1806 "ab" <nil>' seen; then echo "changed: U+1806 is mapped to nothing"; exit 1; fi
