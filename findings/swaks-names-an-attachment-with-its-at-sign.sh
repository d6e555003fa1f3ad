#!/usr/bin/env bash
# swaks 20201014.0 (Debian 20201014.0-2).
#
# Of two ways to attach a file this version deprecates the one without a sign, and documents
# --attach @FILE. So the file is read,
# and the message names it with the sign: name="@report.csv", filename="@report.csv" and
# Content-Description: @report.csv. Without the sign the file is still read, and named
# rightly, so that a test of filters that go by names of attachments tests another name.
set -eu
. "$(dirname "$0")/room.sh"
unpack swaks=20201014.0-2
inside >"$room/seen" 2>&1 <<'END'
cd /tmp
echo 'a,b' >report.csv
for file in @report.csv report.csv; do
	echo "--attach $file"
	swaks --to alice@example.org --from bob@example.org --server localhost --attach "$file" --dump-mail
done
END
grep -E '^(--attach|Content-(Type: application|Disp|Desc)|YSxi)' "$room/seen"
expect 'Content-Disposition: attachment; filename="@report.csv"' "$room/seen"
expect 'Content-Description: @report.csv' "$room/seen"
expect 'Content-Disposition: attachment; filename="report.csv"' "$room/seen"
expect 'YSxiCg==' "$room/seen"
