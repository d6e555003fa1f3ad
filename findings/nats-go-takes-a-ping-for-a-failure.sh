#!/usr/bin/env bash
# nats-server v2.15.2 with nats.go v1.55.0 (Go), auth callout.
#
# The server asks a service who may connect, and waits for its answer for the timeout of
# authorization, here ten seconds. Meanwhile it measures the round trip as with any client, by
# a PING two seconds after the connection was made. nats.go, which has sent CONNECT and its own PING, takes
# anything but PONG for an error: with an answer after 2.6 s the connection fails at the
# server's PING, whatever time nats.Timeout leaves; with one after 0.5 s it is made.
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/finding.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'END'
module finding
go 1.26
require (
	github.com/nats-io/jwt/v2 v2.8.3
	github.com/nats-io/nats-server/v2 v2.15.2
	github.com/nats-io/nats.go v1.55.0
	github.com/nats-io/nkeys v0.4.17
)
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	issuer := must(nkeys.CreateAccount())
	conf := fmt.Sprintf(`listen: "127.0.0.1:-1"
accounts { A { users: [ { user: service, password: x } ] } }
authorization { timeout: 10, auth_callout { issuer: %s, account: A, auth_users: [ service ] } }`, must(issuer.PublicKey()))
	if err := os.WriteFile("conf", []byte(conf), 0o600); err != nil {
		panic(err)
	}
	s := must(server.NewServer(must(server.ProcessConfigFile("conf"))))
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		panic("it does not start")
	}
	var wait time.Duration
	service := must(nats.Connect(s.ClientURL(), nats.UserInfo("service", "x")))
	must(service.Subscribe("$SYS.REQ.USER.AUTH", func(m *nats.Msg) {
		q := must(jwt.DecodeAuthorizationRequestClaims(string(m.Data)))
		time.Sleep(wait)
		user := jwt.NewUserClaims(q.UserNkey)
		user.Audience = "A"
		r := jwt.NewAuthorizationResponseClaims(q.UserNkey)
		r.Audience, r.Jwt = q.Server.ID, must(user.Encode(issuer))
		_ = m.Respond([]byte(must(r.Encode(issuer))))
	}))
	for _, wait = range []time.Duration{500 * time.Millisecond, 2600 * time.Millisecond} {
		_, err := nats.Connect(s.ClientURL(), nats.UserInfo("somebody", "y"), nats.Timeout(10*time.Second))
		fmt.Printf("admitted after %s: %v\n", wait, err)
	}
	os.Exit(0)
}
END
GOFLAGS=-mod=mod go run . >seen
cat seen
for line in 'admitted after 500ms: <nil>' "admitted after 2.6s: nats: expected 'PONG', got 'PING'"; do
	grep -qF "$line" seen || { echo "changed: $line"; exit 1; }
done
