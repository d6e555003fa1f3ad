// Package integration starts a real Postfix and a real Dovecot for tests.
//
// A [Lab] is one mail host: Postfix takes mail by SMTP and hands it to Dovecot
// by LMTP, Dovecot gives it out by POP3 and IMAP and checks Postfix's logins.
// Everything the two servers read and write lies under one temporary folder,
// and they listen on a loopback network of their own (127.x.y.0/24, picked at
// random), so that a lab disturbs neither the machine's mail nor another lab.
// The address says which certificate a server shows, the port says which
// service answers:
//
//	lab.Addr(integration.Submission, integration.Good)
//	lab.Addr(integration.POP3S, integration.Expired)
//
// The programs are those of Debian's packages, see [Packages]. Dovecot runs as
// any user; Postfix insists on root. A test of its own starts Exim, which Debian does
// not install beside Postfix, from the folder where tools/unpack.sh leaves it. [Lab.Stop]
// ends the servers and removes the folder; should the test process die before that, the
// servers end as well.
//
// For whole domains a test has a lab of its own, in a network namespace: BIND with a
// root, a top-level domain and reverse zones, Knot with the domains, Unbound as the
// resolver, a Postfix for every exchanger, and a server for policies by HTTPS.
//
// For fleets another test has hosts around a router, each in a network namespace: the mail
// host, the centre with a nats-server, and three places.
package integration
