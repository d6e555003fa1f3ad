// Package suite runs the health checks of a file and determines what has changed since
// the run before.
//
// A file names checks. Each has a kind, one or several targets, and options, which are
// those that the kind declares. A check of one target is an item. Its state lasts from run
// to run: the status that was announced last, since when, and what has been seen since. A
// pure function, Advance, makes of a state and what a run saw the next state and, where
// there is something to announce, an event:
//
//	file -> items due -> results -> states and events -> history -> package notify
//
// Results, states, incidents and notifications of a run are committed to the history at
// once. Where nothing has changed nothing is printed or sent.
package suite
