// Package agent runs checks at a place for a centre.
//
// An agent dials out and listens nowhere. It greets the centre every few seconds, which gives
// it a schedule and shows what its clock lacks; runs the schedule with suite.Scheduler, within
// the rules of its owner; writes every result into a spool before anything else is done with
// it; and sends the spool, the newest results first, over JetStream. Without the centre it does
// the same, but for sending.
package agent
