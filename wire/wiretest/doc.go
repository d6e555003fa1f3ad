// Package wiretest provides a mail server that plays a script, as net/http/httptest
// provides a server for HTTP.
//
// A script is a printed transcript (see wire.Transcript): the server sends the "S:"
// lines, expects the "C:" lines, waits at "+", makes a TLS handshake at "* starttls",
// reads a message at "* body", as much as BDAT announced at "* chunk", and hangs up at "* close". "***" in a client line matches
// anything. So the output of -o transcript is a test as soon as it is saved.
//
// The connection is a simulated path with a round-trip time. In a testing/synctest bubble
// a session of minutes takes no real time, and its durations are exact.
package wiretest
