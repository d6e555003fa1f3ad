package icmp

import (
	"golang.org/x/net/bpf"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Types of messages that are of interest beside echo replies.
var (
	faults4 = [...]ipv4.ICMPType{ipv4.ICMPTypeDestinationUnreachable, ipv4.ICMPTypeTimeExceeded, ipv4.ICMPTypeParameterProblem}
	faults6 = [...]ipv6.ICMPType{ipv6.ICMPTypeDestinationUnreachable, ipv6.ICMPTypePacketTooBig, ipv6.ICMPTypeTimeExceeded, ipv6.ICMPTypeParameterProblem}
)

// echoFilter returns a program for a raw socket that passes echo replies with
// the identifier id and all ICMP errors, and keeps from the process what other
// pingers on the machine exchange.
func echoFilter(proto int, id uint16) ([]bpf.RawInstruction, error) {
	if proto == protoICMP4 {
		// A raw IPv4 socket sees the IP header, whose length varies.
		return bpf.Assemble(append([]bpf.Instruction{bpf.LoadMemShift{Off: 0}},
			passEcho(id, uint32(ipv4.ICMPTypeEchoReply), faults4[:])...))
	}
	return bpf.Assemble(append([]bpf.Instruction{bpf.LoadConstant{Dst: bpf.RegX, Val: 0}},
		passEcho(id, uint32(ipv6.ICMPTypeEchoReply), faults6[:])...))
}

// passEcho judges the ICMP message at offset X.
func passEcho[T ~int](id uint16, reply uint32, faults []T) []bpf.Instruction {
	const whole = 1 << 18
	prog := []bpf.Instruction{bpf.LoadIndirect{Off: 0, Size: 1}}
	for i, typ := range faults {
		prog = append(prog, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(typ), SkipTrue: uint8(len(faults) - i + 2)})
	}
	return append(prog,
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: reply, SkipTrue: 3},
		bpf.LoadIndirect{Off: 4, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(id), SkipTrue: 1},
		bpf.RetConstant{Val: whole},
		bpf.RetConstant{Val: 0},
	)
}

// passTypes has a filter pass the types that are of interest. The kernel looks at
// it before it makes a copy of a packet for the socket.
func passTypes[T any](f interface {
	SetAll(block bool)
	Accept(T)
}, reply T, faults []T) {
	f.SetAll(true)
	f.Accept(reply)
	for _, typ := range faults {
		f.Accept(typ)
	}
}
