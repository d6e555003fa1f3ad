package imapcheck_test

import (
	"testing"

	"mailprobe/imapcheck"
	"mailprobe/probe/probetest"
)

// A check takes the protocol's round trips and no more: one to connect, one until
// the greeting is there, and one for every command. Capabilities in the greeting
// and in the answer to the log-in save one.
func TestRoundTrips(t *testing.T) {
	const ready = "S: * OK ready\nC: A1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 STARTTLS\nS: A1 OK\n"
	const told = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=PLAIN] ready\n"
	const mailbox = "C: A2 STATUS INBOX ***\nS: * STATUS INBOX (MESSAGES 1 RECENT 0 UNSEEN 0 UIDNEXT 8 UIDVALIDITY 5)\nS: A2 OK\nC: A3 EXAMINE INBOX\nS: * 1 EXISTS\nS: A3 OK [READ-ONLY]\n"
	const login = "-u alice --password-file $WORK/password"
	probetest.RoundTrips(t, imapcheck.Kind(), []probetest.Trips{
		{Name: "greeting, CAPABILITY, LOGOUT", Args: "--tls=off", Script: ready + "C: A2 LOGOUT\nS: * BYE\nS: A2 OK\n", Want: 4},
		{Name: "capabilities in the greeting", Args: "--tls=off", Script: told + "C: A1 LOGOUT\nS: * BYE\nS: A1 OK\n", Want: 3},
		{Name: "with STARTTLS and TLS 1.3", Args: "--tls=require", Script: told + "C: A1 STARTTLS\nS: A1 OK\n* starttls\nC: A2 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: A2 OK\nC: A3 LOGOUT\nS: * BYE\nS: A3 OK\n", Want: 6},
		{Name: "with TLS from the start", Args: "--tls=implicit", Script: "* starttls\n" + told + "C: A1 LOGOUT\nS: * BYE\nS: A1 OK\n", Want: 4},
		{Name: "with AUTHENTICATE PLAIN", Args: login + " --tls=implicit", Script: "* starttls\n" + told + "C: A1 AUTHENTICATE PLAIN ***\nS: A1 OK\n" + mailbox + "C: A4 LOGOUT\nS: * BYE\nS: A4 OK\n", Want: 7},
		{Name: "with age and quota", Args: login + " --tls=implicit --warn=newest_age=24h", Script: "* starttls\n" + told + "C: A1 AUTHENTICATE PLAIN ***\nS: A1 OK [CAPABILITY IMAP4rev1 QUOTA]\n" + mailbox +
			"C: A4 FETCH ***\nS: * 1 FETCH (UID 7 FLAGS () INTERNALDATE \"31-Dec-1999 23:00:00 +0000\" RFC822.SIZE 5)\nS: A4 OK\nC: A5 GETQUOTAROOT INBOX\nS: * QUOTA \"\" (STORAGE 1 10)\nS: A5 OK\nC: A6 LOGOUT\nS: * BYE\nS: A6 OK\n", Want: 9},
	})
}
