#!/usr/bin/env bash
# node_exporter 1.5.0 (Debian 1.5.0-1+b6), textfile collector.
#
# Two files in the collector's folder that have a series with the same name and labels are
# each valid. The exporter serves the value of one, drops the other, and reports it in its
# own log alone: node_textfile_scrape_error, which is documented as 1 if there was an error
# opening or reading a file, stays 0. An alert on that metric does not see that a value of
# 2 is served as 0.
set -eu
. "$(dirname "$0")/room.sh"
unpack prometheus-node-exporter=1.5.0-1+b6 curl=7.88.1*
mkdir "$room/metrics"
printf '# HELP mail_status The status.\n# TYPE mail_status gauge\nmail_status{check="imap"} 0\n' >"$room/metrics/a.prom"
printf '# HELP mail_status The status.\n# TYPE mail_status gauge\nmail_status{check="imap"} 2\n' >"$room/metrics/b.prom"
inside >"$room/seen" <<'END'
/usr/bin/prometheus-node-exporter --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory=/metrics --web.listen-address=127.0.0.1:9100 2>/tmp/log &
for i in 1 2 3 4 5 6 7 8 9 10; do
	curl -sf http://127.0.0.1:9100/metrics >/tmp/page && break
	sleep 0.5
done
grep -E '^(mail_status|node_textfile_scrape_error)' /tmp/page
grep -c 'collected before with the same name and label values' /tmp/log
END
expect 'mail_status{check="imap"} 0' "$room/seen"
expect 'node_textfile_scrape_error 0' "$room/seen"
if grep -q 'mail_status{check="imap"} 2' "$room/seen"; then echo "changed: both values are served"; exit 1; fi
cat "$room/seen"
