#!/usr/bin/env bash
# Dovecot 2.3.19 (Debian 1:2.3.19.1+dfsg1-2.1+deb12u7), mailbox in mbox format.
#
# An INBOX that stays locked by another program (a lock file beside it, as a local
# delivery agent or a mail client leaves it) is reported with the response code SERVERBUG:
#   a NO [SERVERBUG] Timeout while waiting for lock
# RFC 5530 has INUSE for exactly this, and SERVERBUG for bugs in the program. A client
# that goes by the code alone takes a temporary lock for a fault of the server.
set -eu
. "$(dirname "$0")/room.sh"
unpack dovecot-core=1:2.3.19.1+dfsg1-2.1+deb12u7 dovecot-imapd=1:2.3.19.1+dfsg1-2.1+deb12u7
cat >>"$room/etc/passwd" <<END
root:x:0:0::/root:/bin/sh
dovecot:x:101:101::/:/bin/sh
dovenull:x:102:102::/:/bin/sh
alice:x:1000:1000::/home/alice:/bin/sh
END
printf 'root:x:0:\ndovecot:x:101:\ndovenull:x:102:\nalice:x:1000:\n' >>"$room/etc/group"
mkdir -p "$room/home/alice" "$room/etc/dovecot"
printf 'From bob Mon Jan  1 00:00:00 2024\nSubject: one\n\none\n\n' >"$room/home/alice/inbox"
chown -R 1000:1000 "$room/home/alice"
cat >"$room/etc/dovecot/dovecot.conf" <<END
protocols = imap
ssl = no
log_path = /tmp/log
mail_location = mbox:~/mail:INBOX=~/inbox
mbox_read_locks = dotlock
mbox_lock_timeout = 1 secs
first_valid_uid = 1000
END
inside >"$room/seen" <<'END'
: >/home/alice/inbox.lock
chown 1000:1000 /home/alice/inbox.lock
printf 'a SELECT INBOX\r\nb LOGOUT\r\n' | USER=alice HOME=/home/alice setpriv --reuid=1000 --regid=1000 --clear-groups /usr/lib/dovecot/imap
END
expect 'a NO [SERVERBUG] Timeout while waiting for lock' "$room/seen"
cat "$room/seen"
