// Package probetest holds every kind of check to the same promises.
//
// Sessions runs the scripted sessions of a folder: one txtar archive a case, with
// the command line, what the server says, and the result that is wanted. Conform
// is the conformance suite. Both run in simulated time, so that a session of
// minutes takes none and every duration in a result is exact.
package probetest
