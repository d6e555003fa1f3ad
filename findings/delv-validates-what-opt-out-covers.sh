#!/usr/bin/env bash
# delv of BIND 9.18.49 (Debian 1:9.18.49-1~deb12u3), beside unbound 1.17.1 (Debian
# 1.17.1-2+deb12u4).
#
# Large zones, such as most top-level domains, are signed with opt-out (RFC 5155 §6): their
# NSEC3 records do not say whether there is an unsigned delegation in a gap. So what falls
# into one is not authentic (§9.2). delv prints "negative response, fully validated" for it,
# while unbound leaves AD out. Who shows by delv that a domain below such a zone does not
# exist has shown nothing: it may have been delegated, or an attacker may delegate it.
set -eu
. "$(dirname "$0")/room.sh"
unpack bind9=1:9.18.49-1~deb12u3 bind9-utils=1:9.18.49-1~deb12u3 bind9-dnsutils=1:9.18.49-1~deb12u3 unbound=1.17.1-2+deb12u4
printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$room/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$room/etc/group"
inside >"$room/seen" 2>&1 <<'END'
cd /tmp
printf '$TTL 300\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 127.0.0.1\nplain NS ns\n' >test
dnssec-keygen -q -a ECDSAP256SHA256 -f KSK test >/dev/null
dnssec-signzone -q -z -S -A -3 - -H 0 -o test -f test.signed test >/dev/null
set -- $(cat dsset-test.)
echo "trust-anchors { test. static-ds $4 $5 $6 \"$7$8\"; };" >anchor
echo "test. DS $4 $5 $6 $7$8" >unbound.anchor
echo "options { directory \"/tmp\"; pid-file none; session-keyfile none; lock-file none; listen-on-v6 { none; }; recursion no; dnssec-validation no; listen-on port 5353 { 127.0.0.1; }; }; controls { }; zone test { type primary; file \"test.signed\"; };" >named.conf
cat >unbound.conf <<X
server:
  interface: 127.0.0.1@5355
  username: ""
  chroot: ""
  directory: "/tmp"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  trust-anchor-signaling: no
  trust-anchor-file: "unbound.anchor"
  local-zone: "test." nodefault
stub-zone:
  name: "test."
  stub-addr: 127.0.0.1@5353
X
named -g -n 1 -c named.conf >log 2>&1 &
unbound -d -c unbound.conf >log3 2>&1 &
sleep 3
for name in below.test plain.test; do
	echo "$name:"
	delv @127.0.0.1 -p 5353 -a anchor +root=test $name DS
	dig @127.0.0.1 -p 5355 +dnssec $name DS | grep "^;; flags"
done
echo "unbound on a name that opt-out does not cover:"
dig @127.0.0.1 -p 5355 +dnssec ns.test A | grep "^;; flags"
END
cat "$room/seen"
[ "$(grep -c '; negative response, fully validated' "$room/seen")" = 2 ] || { echo "changed: delv does not say so twice"; exit 1; }
[ "$(grep -c ';; flags: qr rd ra; ' "$room/seen")" = 2 ] || { echo "changed: unbound sets other flags"; exit 1; }
expect ';; flags: qr rd ra ad; ' "$room/seen"
