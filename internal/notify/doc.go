// Package notify sends what a run of checks found to people and programs: events by mail,
// webhook and command, a heartbeat to a dead man's switch, metrics to a textfile.
//
// An Event is a change of a check: a failure that is confirmed, one that became worse or
// better, one that is over, one that still goes on. A Message holds the events that one
// notifier sends at once. Messages wait in the history, and an Outbox sends them: each
// under a claim, so that two processes do not send it twice, with the point of no return
// recorded before it is passed. What could not be sent is tried again by later runs.
// A Record holds what was announced while the history could not be written.
package notify
