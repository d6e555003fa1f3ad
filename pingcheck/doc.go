// Package pingcheck has the checks `ping` and `trace`, built on package icmp: what the
// answers to probes mean for a host, and how they are shown while they come in.
//
// [Kind] checks a host by echo requests or TCP handshakes, [TraceKind] the path to it.
// What an error of the system or an ICMP error means stands in the tables of evidence.go
// alone; packets that are no right answers are graded by the rows in verdict.go. The
// command line follows a check with a [Watch], and sweeps addresses by the [Sweeper].
package pingcheck
