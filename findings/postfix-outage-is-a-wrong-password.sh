#!/usr/bin/env bash
# Postfix 3.7.11 (Debian 3.7.11-0+deb12u1) with Dovecot 2.3.19 for its logins
# (smtpd_sasl_type = dovecot).
#
# Dovecot's user database is down (a checkpassword program that exits with 111, a
# temporary failure). Dovecot reports that to Postfix as temporary; Postfix answers
# AUTH with the reply for a wrong password:
#   535 5.7.8 Error: authentication failed: (reason unavailable)
# RFC 4954 has 454 4.7.0 for it. Mail programs ask their users for another password,
# and a monitor that goes by the code blames the account.
set -eu
. "$(dirname "$0")/room.sh"
unpack dovecot-core=1:2.3.19.1+dfsg1-2.1+deb12u7 postfix=3.7.11-0+deb12u1
cat >>"$room/etc/passwd" <<END
root:x:0:0::/root:/bin/sh
postfix:x:100:100::/:/bin/sh
dovecot:x:101:101::/:/bin/sh
dovenull:x:102:102::/:/bin/sh
nobody:x:65534:65534::/:/bin/sh
END
printf 'root:x:0:\npostfix:x:100:\ndovecot:x:101:\ndovenull:x:102:\npostdrop:x:103:\nnogroup:x:65534:\n' >>"$room/etc/group"
mkdir -p "$room/etc/dovecot" "$room/var/spool/postfix/pid" "$room/var/lib/postfix"
for queue in active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace; do
	install -d -o 100 "$room/var/spool/postfix/$queue"
done
chown 100 "$room/var/lib/postfix"
printf '#!/bin/bash\nexit 111\n' >"$room/outage"
chmod 755 "$room/outage"
cat >"$room/etc/dovecot/dovecot.conf" <<END
protocols =
ssl = no
log_path = /tmp/log
auth_mechanisms = plain
auth_failure_delay = 0
passdb {
  driver = checkpassword
  args = /outage
}
userdb {
  driver = prefetch
}
service auth {
  unix_listener auth-postfix {
    mode = 0666
  }
}
END
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
local_recipient_maps =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = /run/dovecot/auth-postfix
END
cat >"$room/etc/postfix/master.cf" <<END
127.0.0.1:2525 inet n - n - - smtpd
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
postlog unix-dgram n - n - 1 postlogd
END
inside >"$room/seen" 2>&1 <<'END'
mkdir -p /run/dovecot
dovecot
/usr/lib/postfix/sbin/master -c /etc/postfix &
sleep 4
exec 3<>/dev/tcp/127.0.0.1/2525
read -r -t 10 line <&3; echo "S: $line"
printf 'EHLO probe.example.test\r\n' >&3
while read -r -t 10 line <&3; do echo "S: $line"; case $line in "250 "*) break ;; esac; done
printf 'AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n' >&3 # alice, secret
read -r -t 10 line <&3; echo "S: $line"
printf 'QUIT\r\n' >&3
cat /tmp/log
END
cat "$room/seen"
expect 'S: 535 5.7.8 Error: authentication failed: (reason unavailable)' "$room/seen"
