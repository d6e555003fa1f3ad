// Package push is the kind of check whose results come by themselves: a job or a message
// that arrives reports to an address with a secret token in it, and the check fails where
// no report comes in time, as a dead man's switch does.
//
// Check judges reports and their absence. ParseReport reads one as healthchecks.io and
// Uptime Kuma have it, so that scripts written for those go on working.
package push
