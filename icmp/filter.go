package icmp

import (
	"golang.org/x/net/bpf"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// echoFilter returns a program for a raw socket that passes echo replies with
// the identifier id and all ICMP errors, and keeps from the process what other
// pingers on the machine exchange.
func echoFilter(proto int, id uint16) ([]bpf.RawInstruction, error) {
	if proto == protoICMP4 {
		// A raw IPv4 socket sees the IP header, whose length varies.
		return bpf.Assemble(append(
			[]bpf.Instruction{bpf.LoadMemShift{Off: 0}},
			passEcho(id, uint32(ipv4.ICMPTypeEchoReply), []uint32{
				uint32(ipv4.ICMPTypeDestinationUnreachable),
				uint32(ipv4.ICMPTypeTimeExceeded),
				uint32(ipv4.ICMPTypeParameterProblem),
			})...))
	}
	return bpf.Assemble(append(
		[]bpf.Instruction{bpf.LoadConstant{Dst: bpf.RegX, Val: 0}},
		passEcho(id, uint32(ipv6.ICMPTypeEchoReply), []uint32{
			uint32(ipv6.ICMPTypeDestinationUnreachable),
			uint32(ipv6.ICMPTypePacketTooBig),
			uint32(ipv6.ICMPTypeTimeExceeded),
			uint32(ipv6.ICMPTypeParameterProblem),
		})...))
}

// passEcho judges the ICMP message at offset X.
func passEcho(id uint16, reply uint32, faults []uint32) []bpf.Instruction {
	const whole = 1 << 18
	prog := []bpf.Instruction{bpf.LoadIndirect{Off: 0, Size: 1}}
	for i, typ := range faults {
		prog = append(prog, bpf.JumpIf{Cond: bpf.JumpEqual, Val: typ, SkipTrue: uint8(len(faults) - i + 2)})
	}
	return append(prog,
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: reply, SkipTrue: 3},
		bpf.LoadIndirect{Off: 4, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(id), SkipTrue: 1},
		bpf.RetConstant{Val: whole},
		bpf.RetConstant{Val: 0},
	)
}
