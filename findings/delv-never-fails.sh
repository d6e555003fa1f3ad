#!/usr/bin/env bash
# delv of BIND 9.18.49 (Debian 1:9.18.49-1~deb12u3).
#
# BIND's tool that validates DNSSEC as a resolver does ends with exit code 0 whether an
# answer is "fully validated" or bogus: a zone whose signatures have expired gives
# ";; resolution failed: broken trust chain" and 0. Its manual does not speak of exit codes
# (dig's does). A job that goes by the code finds every zone good.
set -eu
. "$(dirname "$0")/room.sh"
unpack bind9=1:9.18.49-1~deb12u3 bind9-utils=1:9.18.49-1~deb12u3 bind9-dnsutils=1:9.18.49-1~deb12u3
printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$room/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$room/etc/group"
inside >"$room/seen" 2>&1 <<'END'
cd /tmp
for zone in good.test expired.test; do
	printf '$TTL 300\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 127.0.0.1\n@ MX 10 ns\n' >$zone
	dnssec-keygen -q -a ECDSAP256SHA256 -f KSK $zone
	until=now+864000
	[ $zone = good.test ] || until=now-86400
	dnssec-signzone -q -z -S -P -o $zone -s now-2592000 -e $until -f $zone.signed $zone
done
cat >named.conf <<X
options { directory "/tmp"; pid-file none; session-keyfile none; lock-file none; recursion no; dnssec-validation no;
	listen-on port 5353 { 127.0.0.1; }; listen-on-v6 { none; }; };
controls { };
zone "good.test" { type primary; file "good.test.signed"; };
zone "expired.test" { type primary; file "expired.test.signed"; };
X
named -g -n 1 -c named.conf >log 2>&1 &
sleep 3
for zone in good.test expired.test; do
	set -- $(cat dsset-$zone.)
	echo "trust-anchors { $zone. static-ds $4 $5 $6 \"$7$8\"; };" >anchor
	delv @127.0.0.1 -p 5353 -a anchor +root=$zone $zone MX >out 2>&1
	echo "$zone: exit code $?"
	cat out
done
END
cat "$room/seen"
expect 'good.test: exit code 0' "$room/seen"
expect '; fully validated' "$room/seen"
expect 'expired.test: exit code 0' "$room/seen"
expect ';; resolution failed: broken trust chain' "$room/seen"
