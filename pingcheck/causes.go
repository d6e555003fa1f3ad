package pingcheck

import (
	"mailprobe/icmp"
	"mailprobe/probe"
)

// The causes that a host or the way to it gives.
var (
	CauseHostDown = &probe.Cause{
		Name: "host-down", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The host does not answer for its address on its own link: it is off, or not connected there.",
		Hint:    "see whether the host is on, its cable and its VLAN, and whether the address is right",
		Source:  "RFC 1812 §5.2.7.1: code 7; RFC 826, RFC 4861 §7.2.2",
	}
	CauseNeighbourSilent = &probe.Cause{
		Name: "neighbour-silent", Blame: probe.BlameNetwork, Status: probe.Critical, Transient: true,
		Meaning: "Nobody on this machine's own link answers for the address of the host or of the router to it (ARP, NDP).",
		Hint:    "see whether that neighbour is on, its cable and its VLAN; `ip neigh` shows its state",
		Source:  "RFC 826, RFC 4861 §7.2.2; RFC 1122 §2.3.2.1",
	}
	CauseNoAnswer = &probe.Cause{
		Name: "no-answer", Blame: probe.BlameUnclear, Status: probe.Critical, Transient: true,
		Meaning: "Nobody answered, and nobody said why: the host is down, or the packets are filtered or lost on the way.",
		Hint:    "probe its service instead, for example with `mailprobe smtp` or --tcp PORT, and see with `mailprobe trace` where the way ends",
		Source:  "RFC 1122 §3.2.2.6",
	}
	CauseAnswersAltered = &probe.Cause{
		Name: "answers-altered", Blame: probe.BlameNetwork, Status: probe.Critical,
		Meaning: "Answers came whose bytes are not those that were sent.",
		Hint:    "something on the way, or the host itself, alters the packets: see whether a larger --size or another --pattern makes a difference, and test from another network",
		Source:  "RFC 792: echo; RFC 4443 §4.2",
	}
	CauseAnswersCut = &probe.Cause{
		Name: "answers-cut", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The host answers, but sends back fewer bytes than it got.",
		Hint:    "the host is up; probe it with a smaller --size",
		Source:  "RFC 1122 §3.2.2.6: the data of a request must be returned whole",
	}
	CauseAnswersLate = &probe.Cause{
		Name: "answers-late", Blame: probe.BlameNetwork, Status: probe.Warning,
		Meaning: "Answers came after the time that --wait gives them.",
		Hint:    "a link is overloaded or its queue is too long; a longer --wait counts these answers",
		Source:  "mailprobe: --wait",
	}
	CauseAnswersForeign = &probe.Cause{
		Name: "answers-foreign", Blame: probe.BlameNetwork, Status: probe.Critical,
		Meaning: "The right answers came, but from another address than was asked.",
		Hint:    "see the host's routes and addresses, and whether a NAT on the way forgets to translate the answers back",
		Source:  "RFC 1122 §3.2.2.6: the source of a reply is the destination of the request",
	}
	CausePacketLoss = &probe.Cause{
		Name: "packet-loss", Blame: probe.BlameNetwork, Status: probe.Warning,
		Meaning: "Some probes were answered and others were not.",
		Hint:    "send more of them with --count, and see with `mailprobe trace` at which hop the loss begins",
		Source:  "RFC 2680 §2.4",
	}
	CausePortRefused = &probe.Cause{
		Name: "port-refused", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The host is up, and it or a firewall at it answers that nothing listens on the port that was probed.",
		Hint:    "see whether the service runs and listens on this port, or probe another port",
		Source:  "RFC 9293 §3.10.7.1",
	}
)

// The causes that routers report, or that follow from what they report.
var (
	CauseNetworkUnreachable = &probe.Cause{
		Name: "network-unreachable", Blame: probe.BlameNetwork, Status: probe.Critical, Transient: true,
		Meaning: "A router on the way reported that it has no route to the host.",
		Hint:    "see with `mailprobe trace` which router it is, and ask whoever runs it",
		Source:  "RFC 1812 §5.2.7.1: codes 0, 6, 11; RFC 4443 §3.1: code 0",
	}
	CauseProhibited = &probe.Cause{
		Name: "admin-prohibited", Blame: probe.BlameNetwork, Status: probe.Critical,
		Meaning: "A router or a firewall of the network reported that it does not let the packets through.",
		Hint:    "ask whoever runs it to permit them, or probe the host's service instead",
		Source:  "RFC 1812 §5.2.7.1: codes 9, 10, 13; RFC 4443 §3.1: code 1",
	}
	CauseTTLExceeded = &probe.Cause{
		Name: "ttl-exceeded", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The TTL or hop limit that the probes were sent with ended before the host.",
		Hint:    "give them a greater --ttl",
		Source:  "RFC 792: time exceeded, code 0; RFC 4443 §3.3",
	}
	CauseRoutingLoop = &probe.Cause{
		Name: "routing-loop", Blame: probe.BlameNetwork, Status: probe.Critical, Transient: true,
		Meaning: "Routers hand the packets to each other in a circle.",
		Hint:    "see with `mailprobe trace` which routers these are, and ask whoever runs them",
		Source:  "RFC 791 §3.2: time to live; RFC 4443 §3.3",
	}
	CauseBlackHole = &probe.Cause{
		Name: "mtu-black-hole", Blame: probe.BlameNetwork, Status: probe.Warning,
		Meaning: "Packets above a certain size vanish on the way and no router says so: connections that send much will hang.",
		Hint:    "let ICMP \"fragmentation needed\" and \"packet too big\" through the firewalls on the way, or clamp the MSS of TCP",
		Source:  "RFC 2923 §2.1, RFC 8899",
	}
	CausePacketTooBig = &probe.Cause{
		Name: "packet-too-big", Blame: probe.BlameNetwork, Status: probe.Critical,
		Meaning: "A link on the way takes no packets of this size, and they may not be fragmented.",
		Hint:    "see with --mtu what the way takes, and give the probes a smaller --size, or leave out --dont-fragment",
		Source:  "RFC 1191 §4, RFC 4443 §3.2",
	}
	CauseFragmentsLost = &probe.Cause{
		Name: "fragments-lost", Blame: probe.BlameNetwork, Status: probe.Critical, Transient: true,
		Meaning: "Of a probe that was sent in fragments not all arrived at the host.",
		Hint:    "a firewall on the way may drop fragments: use a smaller --size",
		Source:  "RFC 792: time exceeded, code 1; RFC 4443 §3.3",
	}
	CauseRateLimitedRouter = &probe.Cause{
		Name: "rate-limited-router", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "A router answers only some of the probes that end at it, and nothing behind it is lost: it limits its answers.",
		Hint:    "nothing has to be done; a longer --interval gets more answers",
		Source:  "RFC 1812 §4.3.2.8, RFC 4443 §2.4",
	}
	CauseICMPError = &probe.Cause{
		Name: "icmp-error", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "A router or the host answered with an ICMP error that says no more than its code.",
		Hint:    "see with `mailprobe trace` who it is, and ask whoever runs it",
		Source:  "RFC 1812 §5.2.7, RFC 4443 §3",
	}
)

// The causes that only a trace by TCP or UDP finds.
var (
	CausePortFiltered = &probe.Cause{
		Name: "port-filtered", Blame: probe.BlameNetwork, Status: probe.Critical,
		Meaning: "Packets to the port vanish on a way that other packets take to the end: a firewall drops them.",
		Hint:    "ask whoever runs the hop that is named, or the one behind it, to permit the port; many providers filter port 25 until they are asked",
		Source:  "RFC 2979 §3.1",
	}
	CauseIntercepted = &probe.Cause{
		Name: "intercepted", Blame: probe.BlameNetwork, Status: probe.Warning,
		Meaning: "Something on the way answers on the port in the name of the host, which is farther away.",
		Hint:    "see whether a proxy or a firewall on the way takes over connections to the port",
		Source:  "RFC 3135 §2.2: transparent proxies; RFC 2979 §3.1",
	}
)

// The causes that lie with this machine.
var (
	CauseNotPermitted = &probe.Cause{
		Name: "not-permitted", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "mailprobe may open no socket for ICMP.",
		Hint:    "as root, permit the datagram socket to all users with `" + icmp.PermitDatagram + "` or the raw socket to mailprobe with `setcap cap_net_raw+ep`",
		Source:  "icmp(7): ping_group_range; capabilities(7): CAP_NET_RAW",
	}
	CauseQueueFull = &probe.Cause{
		Name: "queue-full", Blame: probe.BlameSender, Status: probe.Unknown, Transient: true,
		Meaning: "A transmit queue of this machine had no room for a probe as long as it was waited for.",
		Hint:    "this machine sends more than its link takes: probe more slowly, or see `tc -s qdisc`",
		Source:  "sendto(2): ENOBUFS",
	}
	CauseReceiveOverflow = &probe.Cause{
		Name: "receive-overflow", Blame: probe.BlameSender, Status: probe.Unknown, Transient: true,
		Meaning: "This machine had no room for received packets, so that answers may have been dropped here.",
		Hint:    "probe more slowly, or raise net.core.rmem_max",
		Source:  "socket(7): SO_RXQ_OVFL, SO_MEMINFO",
	}
	CauseSendFailed = &probe.Cause{
		Name: "send-failed", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The operating system could not send, for a reason that is none of the usual ones.",
		Hint:    "see the error of the operating system",
		Source:  "sendto(2), socket(2)",
	}
)

// Causes returns the causes specific to ping and trace.
func Causes() []*probe.Cause {
	return []*probe.Cause{
		CauseHostDown, CauseNeighbourSilent, CauseNoAnswer, CauseAnswersAltered, CauseAnswersCut, CauseAnswersLate,
		CauseAnswersForeign, CausePacketLoss, CausePortRefused, CauseNetworkUnreachable, CauseProhibited,
		CauseTTLExceeded, CauseRoutingLoop, CauseBlackHole, CausePacketTooBig, CauseFragmentsLost,
		CauseRateLimitedRouter, CausePortFiltered, CauseIntercepted, CauseICMPError, CauseNotPermitted, CauseQueueFull,
		CauseReceiveOverflow, CauseSendFailed, CauseTooFewAlive,
	}
}
