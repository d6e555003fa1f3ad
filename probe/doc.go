// Package probe defines what all checks and reports share.
//
// A check is an ordered list of timed steps, and a step learns facts. A Kind is a type of
// check, such as smtp; a Check is a kind with its options set, ready for any number of
// targets; a Result is the outcome for one target. Reports, thresholds and expectations
// know only results, so they need no code for any protocol.
package probe
