#!/bin/sh
# Runs every fuzz test for the time given, those of two packages side by side. The tests of a
# package are built once for all of them, with the instruments for fuzzing.
set -eu

# fuzz runs the fuzz test $2 of the package $1 for the time $3.
fuzz() {
	(cd "$1" && "$dir/test" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "$3" -test.fuzzminimizetime 10x -test.fuzzcachedir "$dir/corpus" -test.parallel 1) >"$dir/log" 2>&1
}

# fuzz_all runs all fuzz tests of the package $1.
fuzz_all() {
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	go test -c -vet=off -fuzz . -o "$dir/test" "$1"
	for target in $(grep -h '^func Fuzz' "$1"/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/'); do
		# A worker that is busy when the time is up is reported as a failure without a failing
		# input. Only that is retried.
		fuzz "$1" "$target" "$2" ||
			{ ! grep -q 'Failing input' "$dir/log" && grep -q 'context deadline exceeded' "$dir/log" && fuzz "$1" "$target" "$2"; } ||
			{ cat "$dir/log"; exit 255; }
		echo "fuzz $1 $target: $(grep -o 'execs: [0-9]*' "$dir/log" | tail -1)"
	done
}

if [ $# = 2 ]; then
	fuzz_all "$2" "$1"
else
	grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u | xargs -P 2 -n 1 sh "$0" "$1"
fi
