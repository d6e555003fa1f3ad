// Package probe has the words that every check and every report share.
//
// A check is an ordered list of timed steps, and a step learns facts. A Kind is a
// sort of check, such as smtp; a Check is a kind with its flags set, ready to be
// put to any number of targets; a Result is what one target answered. Reports,
// thresholds and expectations know results only, so that none of them has a line
// of code for a protocol.
package probe
