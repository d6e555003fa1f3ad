#!/usr/bin/env bash
# Dovecot 2.3.19 (Debian 1:2.3.19.1+dfsg1-2.1+deb12u7), passdb passwd-file.
#
# The file with the passwords is not there: a mount that failed, a wrong path after an
# upgrade. Every login is refused like a wrong password, not as a temporary failure,
# and only one login in three leaves an error in the log. So an outage of the table looks
# like mistyped passwords, and tools that ban addresses after failures ban the users.
set -eu
. "$(dirname "$0")/room.sh"
unpack dovecot-core=1:2.3.19.1+dfsg1-2.1+deb12u7
cat >>"$room/etc/passwd" <<END
root:x:0:0::/root:/bin/sh
dovecot:x:101:101::/:/bin/sh
dovenull:x:102:102::/:/bin/sh
END
printf 'root:x:0:\ndovecot:x:101:\ndovenull:x:102:\n' >>"$room/etc/group"
mkdir -p "$room/etc/dovecot"
cat >"$room/etc/dovecot/dovecot.conf" <<END
protocols =
ssl = no
log_path = /tmp/log
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = /etc/dovecot/nowhere
}
END
inside >"$room/seen" 2>&1 <<'END'
dovecot
sleep 1
for n in 1 2 3; do
	doveadm auth test alice secret 2>&1
done
cat /tmp/log
END
cat "$room/seen"
[ "$(grep -c 'alice auth failed' "$room/seen")" = 3 ] || { echo "changed: not three refusals"; exit 1; }
[ "$(grep -c 'No such file' "$room/seen")" = 1 ] || { echo "changed: not one error in the log"; exit 1; }
! grep -q 'temp' "$room/seen" || { echo "changed: a temporary failure is reported as such"; exit 1; }
