// Package api is the JSON API of `mailprobe serve` below /api/v1/: how checks stand, what
// the history has, incidents and silences, running a check now, and taking the pushes of
// checks that wait for them. openapi.json describes it.
//
// A handler gets a request and returns an answer or an error, and does nothing else: the
// routes, their limits, conditional requests and errors (RFC 9457) are handled in one
// place. Shapes are those of `mailprobe history -o json`, `-o json` of a result and
// `mailprobe silence -o json`.
package api
