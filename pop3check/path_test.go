package pop3check_test

import (
	"testing"

	"mailprobe/pop3check"
	"mailprobe/probe/probetest"
)

// A check takes the protocol's round trips and no more: one to connect, one
// until the greeting is there, and one for every command.
func TestRoundTrips(t *testing.T) {
	const capa = "C: CAPA\nS: +OK\nS: STLS\nS: UIDL\nS: SASL PLAIN LOGIN\nS: .\n"
	const mailbox = "C: STAT\nS: +OK 1 39\nC: LIST\nS: +OK\nS: 1 39\nS: .\nC: UIDL\nS: +OK\nS: 1 a\nS: .\n"
	const quit = "C: QUIT\nS: +OK\n"
	const login = "-u alice --password-file $WORK/password"
	const three = "C: AUTH PLAIN ***\nS: +OK\nC: STAT\nS: +OK 3 3\nC: LIST\nS: +OK\nS: 1 1\nS: 2 1\nS: 3 1\nS: .\nC: UIDL\nS: +OK\nS: 1 a\nS: 2 b\nS: 3 c\nS: .\n"
	const head = "S: +OK\nS: Subject: x\nS: .\n"
	offering := func(capability string) string {
		return "* starttls\nS: +OK\nC: CAPA\nS: +OK\nS: TOP\nS: UIDL\nS: SASL PLAIN\n" + capability + "S: .\n" + three
	}
	probetest.RoundTrips(t, pop3check.Kind(), []probetest.Trips{
		{Name: "greeting, CAPA, QUIT", Args: "--tls=off", Script: "S: +OK\n" + capa + quit, Want: 4},
		{Name: "with STLS and TLS 1.3", Args: "--tls=require", Script: "S: +OK\n" + capa + "C: STLS\nS: +OK\n* starttls\n" + capa + quit, Want: 7},
		{Name: "with TLS from the start", Args: "--tls=implicit", Script: "* starttls\nS: +OK\n" + capa + quit, Want: 5},
		{Name: "with AUTH PLAIN", Args: login, Script: "S: +OK\n" + capa + "C: STLS\nS: +OK\n* starttls\n" + capa + "C: AUTH PLAIN ***\nS: +OK\n" + mailbox + quit, Want: 11},
		{Name: "with a message and its age", Args: login + " --tls=implicit --retrieve=latest --warn=newest_age=24h", Script: "* starttls\nS: +OK\n" + capa + "C: AUTH PLAIN ***\nS: +OK\n" + mailbox + "C: RETR 1\nS: +OK\nS: Date: Fri, 31 Dec 1999 23:00:00 +0000\nS: .\n", Want: 9},
		{Name: "with a search", Args: login + " --tls=implicit --subject=x", Script: offering("") + "C: TOP 3 0\n" + head + "C: TOP 2 0\n" + head + "C: TOP 1 0\n" + head + quit, Want: 12},
		{Name: "with a search, pipelined", Args: login + " --tls=implicit --subject=x", Script: offering("S: PIPELINING\n") + "C: TOP 3 0\nC: TOP 2 0\nC: TOP 1 0\n" + head + head + head + quit, Want: 10},
	})
}
