#!/usr/bin/env bash
# mtr 0.95 (Debian mtr-tiny 0.95-1).
#
# Where no probe is answered, mtr --report prints a report without a single line of a hop,
# so that no loss of 100 % stands anywhere, and ends with exit code 0. The code is 0 as well
# where the name of the host cannot be resolved, which it says on standard error instead of
# a report. It is 1 where there is no route at all. The manual does not speak of exit
# codes. A script that goes by the code, or looks for losses in the lines, takes a host that
# is down and a mistyped name for one that is reached.
set -eu
. "$(dirname "$0")/room.sh"
unpack mtr-tiny=0.95-1 iproute2=6.1.0-3
inside >"$room/seen" 2>&1 <<'END'
# A host that takes every packet and answers none.
ip link add near type veth peer name far
ip address add 192.0.2.1/24 dev near
ip link set near up
ip link set far up
ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev near
for host in 127.0.0.1 192.0.2.9 host.invalid 198.51.100.1; do
	mtr --report --report-cycles 2 --no-dns "$host" >/tmp/out 2>&1
	echo "$host: exit code $?, $(grep -c 'Loss%' /tmp/out) reports, $(grep -c '|--' /tmp/out) hops"
	cat /tmp/out
done
END
cat "$room/seen"
expect '127.0.0.1: exit code 0, 1 reports, 1 hops' "$room/seen"
expect '192.0.2.9: exit code 0, 1 reports, 0 hops' "$room/seen"
expect 'host.invalid: exit code 0, 0 reports, 0 hops' "$room/seen"
expect 'Failed to resolve host: host.invalid' "$room/seen"
expect '198.51.100.1: exit code 1' "$room/seen"
