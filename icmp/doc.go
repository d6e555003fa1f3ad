// Package icmp sends ICMP echo requests and reports what became of each.
//
// # The protocol
//
// An echo request (ICMPv4 type 8, RFC 792; ICMPv6 type 128, RFC 4443 section
// 4.1) carries an identifier, a sequence number and a payload, and the host it
// reaches returns all three in an echo reply (type 0; 129). Nothing in the
// protocol ties a reply to a request: identifiers are 16 bits and
// shared by every program on the machine, sequence numbers wrap, and any host
// may send any bytes. This package therefore accepts a reply only if its
// type, identifier, sequence number, sender and whole payload are the expected
// ones. The payload holds a random cookie of the run and the number of the
// probe, so that neither another pinger nor a probe 65,536 earlier is mistaken
// for the one asked about. A reply that the host truncated, but whose bytes are
// right up to there, is accepted and marked (Reply.Cut).
//
// A router that cannot deliver the request answers with an ICMP error
// (destination unreachable, time exceeded, packet too big, parameter problem)
// that quotes the request. It is matched by the quote and reported as an [*Error],
// with the code in words and the address of the router.
//
// # The interface
//
// [Listen] opens an [Engine]: one socket per address family that lives as long
// as the engine and is shared by all targets and goroutines; with Options.Pairs
// more of them, for sweeps that use every processor. [Engine.Ping]
// probes one host and returns [Stats]. Every probe ends in exactly one of
// received, lost, late and failed; packets that are none of those (duplicates,
// corrupted, foreign) are counted separately. [Engine.Sweep] probes any number
// of addresses in bounded memory, [Engine.Trace] finds the routers on the path,
// [Engine.PathMTU] the size of packets that get through. [PingTCP] times TCP
// handshakes where ICMP is filtered. A [Network] takes the place of the system's
// network in tests.
//
// A round-trip time starts when the kernel accepts a probe and ends with its timestamp of
// the answer, which load on this machine cannot distort. Timestamps are checked against the
// monotonic clock, so that setting the wall clock cannot distort them either. A probe
// that has not left this machine when the system call returns is in a transmit
// queue, or waits for the link-layer address of its neighbour; Reply.Queued is that part
// of the time, up to the kernel's timestamp of the probe.
//
// When a transmit queue of this machine is full, a probe is held back until there
// is room, and fails if there is none within its wait. Linux does not report a full queue,
// nor a probe dropped by a firewall, for IPv6 datagram sockets: such a probe is reported as
// lost, as is one that a traffic shaper drops later.
//
// A raw socket is used where the process may open one (CAP_NET_RAW on Linux),
// otherwise the kernel's unprivileged datagram socket; where both are refused the
// error is a [*PermissionError], which names the commands that permit one.
package icmp
