#!/usr/bin/env bash
# munin-node 2.0.73 (Debian 2.0.73-1).
#
# A plug-in that prints its values and ends with an exit code other than 0 has none of them
# sent: the node answers "# Bad exit" in their place. So a plug-in that follows the
# convention of monitoring plug-ins, where 1 and 2 stand for a warning and a critical state,
# has gaps in its graph exactly while something is wrong.
set -eu
. "$(dirname "$0")/room.sh"
unpack munin-node=2.0.73-1 munin-common=2.0.73-1
mkdir -p "$room/etc/munin/plugins" "$room/var/log/munin" "$room/var/run/munin" "$room/var/lib/munin-node/plugin-state"
printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\nmunin:x:101:101::/:/bin/sh\n' >"$room/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\nmunin:x:101:\n' >"$room/etc/group"
for code in 0 2; do
	printf '#!/bin/bash\necho time.value 0.25\nexit %s\n' $code >"$room/etc/munin/plugins/exit$code"
	chmod 755 "$room/etc/munin/plugins/exit$code"
done
printf 'host 127.0.0.1\nport 4949\nallow ^127\\.0\\.0\\.1$\nuser root\ngroup root\nsetsid 0\nbackground 0\nhost_name here.test\nlog_file /tmp/log\npid_file /tmp/pid\n' >"$room/etc/munin/munin-node.conf"
inside >"$room/seen" <<'END'
/usr/sbin/munin-node --config /etc/munin/munin-node.conf >/tmp/out 2>&1 &
sleep 3
exec 3<>/dev/tcp/127.0.0.1/4949
printf 'fetch exit0\nfetch exit2\nquit\n' >&3
timeout 10 cat <&3
END
expect 'time.value 0.25' "$room/seen"
expect '# Bad exit' "$room/seen"
[ "$(grep -c 'time.value' "$room/seen")" = 1 ] || { echo "changed: the values of a failing plug-in are sent"; exit 1; }
cat "$room/seen"
