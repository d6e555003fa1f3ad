// Package probetest tests every kind of check in the same way.
//
// Sessions runs the scripted sessions of a folder: one txtar archive for each case, with
// the command line, what the server says, and the wanted result. Conform is the
// conformance suite. Both run in simulated time, so a session of minutes takes no real
// time and every duration in a result is exact.
package probetest
