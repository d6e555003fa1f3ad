// Package wiretest is a mail server that says what a script tells it to, as
// net/http/httptest is for HTTP.
//
// A script is a printed transcript (see wire.Transcript): the server sends the
// "S:" lines, expects the "C:" lines, waits at "+", makes a TLS handshake at
// "* starttls", reads a message at "* body" and hangs up at "* close". "***" in a
// client line matches anything. So what a user sees with -o transcript is a test
// as soon as it is saved.
//
// The connection is a simulated path with a round-trip time. Inside a
// testing/synctest bubble a session of minutes takes no time and its durations
// are exact.
package wiretest
