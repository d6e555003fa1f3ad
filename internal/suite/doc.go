// Package suite is the file of health checks: it reads and validates the file,
// runs what is due side by side, finds out what has changed, and tells.
//
// A file names checks. Each has a kind, one or many targets, and options whose
// keys are the names of the kind's flags, so that there is no second list of
// them. A check of one target is an item, and an item has a state that lasts
// from run to run: how it was told to be last, since when, and what has been
// seen since. The state changes by a pure function, step by step:
//
//	file -> items due -> results -> states and events -> words -> notifiers
//
// An event is what somebody wants to know: a failure that is confirmed, one that
// became worse or better, one that is over, or one that still goes on. Where
// there is no event, nothing is said.
package suite
