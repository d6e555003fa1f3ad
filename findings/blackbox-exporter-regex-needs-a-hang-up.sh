#!/usr/bin/env bash
# github.com/prometheus/blackbox_exporter v0.28.0 (Go), the tcp prober.
#
# A greeting that the expected pattern does not match leaves probe_failed_due_to_regex at 0,
# and the probe takes all of its time: the prober waits for a further line that may match.
# The metric is 1, and at once, only where the server also closes the connection. A mail
# server that refuses by 554 has to wait for QUIT (RFC 5321 §3.1), so that its refusal looks
# like a server that says nothing.
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/finding.XXXXXX")
trap 'kill $exporter $server 2>/dev/null || true; rm -rf "$folder"' EXIT
exporter= server=
cd "$folder"
cat >go.mod <<'END'
module finding
go 1.25.0
tool github.com/prometheus/blackbox_exporter
require github.com/prometheus/blackbox_exporter v0.28.0
END
cat >greeter.go <<'END'
package main

import (
	"io"
	"net"
)

// Greets with 554: at 26102 it then waits for the client, at 26103 it hangs up.
func main() {
	for addr, waits := range map[string]bool{"127.0.0.1:26102": true, "127.0.0.1:26103": false} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			panic(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					io.WriteString(conn, "554 mx.example.org no service here\r\n")
					if waits {
						io.Copy(io.Discard, conn)
					}
				}()
			}
		}()
	}
	select {}
}
END
GOFLAGS=-mod=mod go build -o greeter greeter.go
GOFLAGS=-mod=mod go build -o exporter github.com/prometheus/blackbox_exporter
cat >blackbox.yml <<'END'
modules:
  smtp:
    prober: tcp
    timeout: 4s
    tcp: {query_response: [{expect: "^220 "}]}
END
./greeter & server=$!
./exporter --config.file=blackbox.yml --web.listen-address=127.0.0.1:26100 2>log & exporter=$!
listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for port in 26100 26102 26103; do
	for i in $(seq 60); do listens $port && break; sleep 0.5; done
done
# ask PORT prints the metrics in question, with whole seconds.
ask() {
	exec 3<>/dev/tcp/127.0.0.1/26100
	printf 'GET /probe?module=smtp&target=127.0.0.1:%s HTTP/1.0\r\n\r\n' "$1" >&3
	echo "$1" $(sed -nE 's/^(probe_failed_due_to_regex|probe_success) /\1=/p; s/^(probe_duration_seconds) ([0-9]+)\.?.*/\1=\2/p' <&3 | tr -d '\r')
}
ask 26102 >seen
ask 26103 >>seen
cat seen
for line in '26102 probe_duration_seconds=4 probe_failed_due_to_regex=0 probe_success=0' '26103 probe_duration_seconds=0 probe_failed_due_to_regex=1 probe_success=0'; do
	grep -qF "$line" seen || { echo "changed: $line"; exit 1; }
done
