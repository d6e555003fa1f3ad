#!/bin/sh
# Runs every fuzz test for the time given.
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT

fuzz() {
	go test -run '^$' -fuzz "^$2\$" -fuzztime "$3" -fuzzminimizetime 10x "$1" >"$log" 2>&1
}

for package in $(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do
	for target in $(grep -h '^func Fuzz' "$package"/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/'); do
		# go test reports a worker that is busy when the time is up as a failure
		# without a failing input. Only that is retried.
		fuzz "$package" "$target" "$1" ||
			{ ! grep -q 'Failing input' "$log" && grep -q 'context deadline exceeded' "$log" && fuzz "$package" "$target" "$1"; } ||
			{ cat "$log"; exit 1; }
		echo "fuzz $package $target: $(grep -o 'execs: [0-9]*' "$log" | tail -1)"
	done
done
