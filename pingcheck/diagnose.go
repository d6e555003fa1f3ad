package pingcheck

import (
	"strings"

	"mailprobe/probe"
)

// A saying is a line of a pinger's output and the cause it stands for.
type saying struct {
	words string // lower-case parts of a line with a | between, one of which must be in it
	cause *probe.Cause
	also  []*probe.Cause
	from  string // who says Said
	said  string
}

// sayings are in order, the most specific first.
var sayings = []saying{
	{"destination host unreachable|destination unreachable: address unreachable|icmp host unreachable|host unreachable (type|address unreachable (type", probe.CauseUnreachable, []*probe.Cause{CauseNeighbourSilent, CauseHostDown},
		"iputils ping 20221126", "From 192.0.2.1 icmp_seq=1 Destination Host Unreachable"},
	{"destination net unreachable|destination unreachable: no route|icmp network unreachable|destination net unknown|network unreachable (type|no route to destination (type", CauseNetworkUnreachable, nil,
		"iputils ping 20221126", "From 192.0.2.1 icmp_seq=1 Destination Net Unreachable"},
	{"destination host unknown|host unknown (type", CauseHostDown, nil,
		"iputils ping 20221126", "From 192.0.2.1 icmp_seq=1 Destination Host Unknown"},
	{"packet filtered|prohibited|destination port unreachable|destination unreachable: port unreachable|port unreachable (type", CauseProhibited, nil,
		"iputils ping 20221126", "From 192.0.2.1 icmp_seq=1 Packet filtered"},
	{"time to live exceeded|time exceeded: hop limit|icmp time exceeded|ttl expired in transit", CauseRoutingLoop, []*probe.Cause{CauseTTLExceeded},
		"iputils ping 20221126", "From 192.0.2.1 icmp_seq=1 Time to live exceeded"},
	{"frag reassembly time exceeded|time exceeded: defragmentation failure|fragment reassembly time exceeded", CauseFragmentsLost, nil,
		"iputils ping 20221126", "From 192.0.2.7 icmp_seq=1 Frag reassembly time exceeded"},
	{"frag needed and df set|packet too big|fragmentation needed|packet needs to be fragmented", CausePacketTooBig, nil,
		"iputils ping 20221126", "From 192.0.2.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)"},
	{"message too long", CausePacketTooBig.As(probe.Unknown), nil,
		"iputils ping 20221126", "ping: local error: message too long, mtu=1500"},
	{"(truncated)", CauseAnswersCut, nil,
		"iputils ping 20221126", "76 bytes from 8.8.8.8: icmp_seq=1 ttl=118 (truncated)"},
	{"wrong data byte", CauseAnswersAltered, nil,
		"iputils ping 20221126", "wrong data byte #16 should be 0x10 but was 0x0 icmp_seq=1"},
	{"socket: operation not permitted|missing cap_net_raw|lacking privilege", CauseNotPermitted, nil,
		"iputils ping 20221126", "ping: socktype: SOCK_RAW ping: socket: Operation not permitted"},
	{"operation not permitted", probe.CauseFirewallHere, nil,
		"iputils ping 20221126", "ping: sendmsg: Operation not permitted"},
	{"network is unreachable|no route to host|cannot assign requested address", probe.CauseNoRoute, nil,
		"iputils ping 20221126", "ping: connect: Network is unreachable"},
	{"no buffer space available", CauseQueueFull, nil,
		"iputils ping 20221126", "ping: sendmsg: No buffer space available"},
	{"request timed out|no answer yet", CauseNoAnswer, nil,
		"iputils ping 20221126", "no answer yet for icmp_seq=1"},
}

// pingerMarks identify a line of a pinger, in lower case.
var pingerMarks = []string{"icmp_seq=", " seq=", "ping: ", "ping6: ", "icmp ", "(type ", "reply from ", "request timed out", "ttl expired"}

// diagnose names the cause of a line that a pinger printed.
func diagnose(line string) (d probe.Diagnosis, ok bool) {
	lower := strings.ToLower(line)
	if !containsAny(lower, pingerMarks) {
		return d, false
	}
	for _, s := range sayings {
		if containsAny(lower, strings.Split(s.words, "|")) {
			return probe.Diagnosis{Step: stepEcho, Said: line, Causes: append([]*probe.Cause{s.cause}, s.also...)}, true
		}
	}
	return d, false
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// examples returns lines of pingers for a cause.
func examples(cause string) (all []probe.Example) {
	for _, s := range sayings {
		if s.cause.Name == cause {
			all = append(all, probe.Example{From: s.from, Step: stepEcho, Said: s.said})
		}
	}
	return all
}
