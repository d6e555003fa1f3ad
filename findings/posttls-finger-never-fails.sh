#!/usr/bin/env bash
# posttls-finger of Postfix 3.7.11 (Debian 3.7.11-0+deb12u1).
#
# Postfix's tool that shows whether a server's TLS is as a policy wants it ends with exit
# code 0 whatever it sees: a server that cannot be reached, one without STARTTLS, one
# whose certificate does not match. With -c, for TLS alone, it prints nothing at all of a
# server without STARTTLS, though the level is "secure". Its manual does not speak of exit
# codes. A job that goes by the code, or by silence, finds every server good.
set -eu
. "$(dirname "$0")/room.sh"
unpack postfix=3.7.11-0+deb12u1 openssl=3.0.22-1~deb12u2
cat >>"$room/etc/passwd" <<END
root:x:0:0::/root:/bin/sh
postfix:x:100:100::/:/bin/sh
nobody:x:65534:65534::/:/bin/sh
END
printf 'root:x:0:\npostfix:x:100:\npostdrop:x:103:\nnogroup:x:65534:\n' >>"$room/etc/group"
mkdir -p "$room/etc/postfix" "$room/var/spool/postfix/pid" "$room/var/lib/postfix"
for queue in active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace; do
	install -d -o 100 "$room/var/spool/postfix/$queue"
done
chown 100 "$room/var/lib/postfix"
cat >"$room/etc/postfix/main.cf" <<END
compatibility_level = 3.6
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = /tmp/postfix.log
maillog_file_prefixes = /tmp
disable_dns_lookups = yes
inet_interfaces = 127.0.0.1
myhostname = mx.example.test
mydestination =
alias_maps =
smtpd_tls_cert_file = /etc/cert.pem
smtpd_tls_key_file = /etc/key.pem
END
cat >"$room/etc/postfix/master.cf" <<END
127.0.0.1:2525 inet n - n - - smtpd -o smtpd_tls_security_level=none
127.0.0.1:2526 inet n - n - - smtpd -o smtpd_tls_security_level=may
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
END
inside >"$room/seen" 2>&1 <<'END'
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other.example.test -keyout /etc/key.pem -out /etc/cert.pem 2>/dev/null
/usr/lib/postfix/sbin/master -c /etc/postfix &
sleep 4
for port in 2525 2526 2527; do
	posttls-finger -c -l secure "[127.0.0.1]:$port" >/tmp/out 2>&1
	echo "port $port: exit code $?, $(grep -c . /tmp/out) lines"
	cat /tmp/out
done
END
cat "$room/seen"
expect 'port 2525: exit code 0, 0 lines' "$room/seen" # no STARTTLS
expect 'port 2526: exit code 0' "$room/seen"
expect 'Untrusted TLS connection established' "$room/seen"
expect 'port 2527: exit code 0' "$room/seen"
expect 'Connection refused' "$room/seen"
