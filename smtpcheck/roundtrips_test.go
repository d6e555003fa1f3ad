package smtpcheck_test

import (
	"testing"

	"mailprobe/probe/probetest"
	"mailprobe/smtpcheck"
)

// What a server says. EHLO stands before the handshake and again after it.
const (
	greets = "S: 220 mx.example.org ESMTP\n"
	plain  = "C: EHLO probe.example.net\nS: 250-mx.example.org\nS: 250 SIZE 1000\n"
	secure = "C: EHLO probe.example.net\nS: 250-mx.example.org\nS: 250 STARTTLS\n" +
		"C: STARTTLS\nS: 220 2.0.0 Ready\n* starttls good\n" + plain
	envelope = "C: MAIL FROM:<>\nS: 250 2.1.0 Ok\nC: RCPT TO:<alice@example.org>\nS: 250 2.1.5 Ok\n"
	quits    = "C: QUIT\nS: 221 2.0.0 bye\n"
)

// A session takes its protocol's round trips and no more: one each to connect, for
// the greeting (the way of the last ACK there, and its own way back), for every
// command, and for the handshake of TLS 1.3.
func TestRoundTrips(t *testing.T) {
	const name = " --helo=probe.example.net"
	probetest.RoundTrips(t, smtpcheck.Kind(), []probetest.Trips{
		{Name: "greeting, EHLO, QUIT", Args: "--tls=off" + name, Script: greets + plain + quits, Want: 4},
		{Name: "STARTTLS and the second EHLO", Args: "--tls=require" + name, Script: greets + secure + quits, Want: 7},
		{Name: "STARTTLS, MAIL and RCPT", Args: "--tls=require -t alice@example.org" + name, Script: greets + secure + envelope + quits, Want: 9},
	})
}
