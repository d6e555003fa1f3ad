package icmp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// toSend returns the options of the socket that only sends.
func (o Options) toSend() Options {
	o.Source = nowhere
	return o
}

func openConn(proto, typ int, o Options, info *SocketInfo) (net.PacketConn, error) {
	fd, err := unix.Socket(familyOf(proto), typ|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "icmp")
	defer f.Close() // the connection below has a descriptor of its own
	if err := setOptions(fd, proto, o, info.Raw); err != nil {
		return nil, err
	}
	if err := bind(fd, proto, o); err != nil {
		return nil, err
	}
	if err := describe(fd, proto, o, info); err != nil {
		return nil, err
	}
	conn, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	if info.Raw {
		if err := setFilter(conn, proto, info.ID); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

func familyOf(proto int) int {
	if proto == protoICMP4 {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// An option is an integer socket option that the user asked for.
type option struct {
	what             string
	level, name, val int
	wanted           bool
}

// setOptions sets what was asked for; each failure is an error. A raw socket
// receives ICMP errors as packets, a datagram socket in its error queue.
func setOptions(fd, proto int, o Options, raw bool) error {
	if err := bindToDevice(fd, o); err != nil {
		return err
	}
	opts := sentOptions(proto == protoICMP4, o)
	if proto == protoICMP4 {
		opts = append(opts,
			option{"don't fragment", unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE, o.DontFragment},
			option{"received TTL", unix.IPPROTO_IP, unix.IP_RECVTTL, 1, !raw}, // it has the whole header
			option{"received errors", unix.IPPROTO_IP, unix.IP_RECVERR, 1, !raw || o.Source == nowhere})
	} else {
		opts = append(opts,
			option{"don't fragment", unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE, o.DontFragment},
			option{"don't fragment", unix.IPPROTO_IPV6, unix.IPV6_DONTFRAG, 1, o.DontFragment},
			option{"received hop limit", unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1, true},
			option{"received errors", unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1, !raw})
	}
	return setAll(fd, opts)
}

func bindToDevice(fd int, o Options) error {
	if o.Interface == "" {
		return nil
	}
	if err := unix.BindToDevice(fd, o.Interface); err != nil {
		return fmt.Errorf("interface %s: %w", o.Interface, err)
	}
	return nil
}

// sentOptions are those that every packet of a socket is sent with, whatever its protocol.
func sentOptions(ipv4 bool, o Options) []option {
	mark := option{"mark", unix.SOL_SOCKET, unix.SO_MARK, int(o.Mark), o.Mark != 0}
	if ipv4 {
		return []option{
			mark,
			{"TTL", unix.IPPROTO_IP, unix.IP_TTL, o.TTL, o.TTL != 0},
			{"DSCP", unix.IPPROTO_IP, unix.IP_TOS, o.DSCP << 2, o.DSCP != 0},
		}
	}
	return []option{
		mark,
		{"hop limit", unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, o.TTL, o.TTL != 0},
		{"traffic class", unix.IPPROTO_IPV6, unix.IPV6_TCLASS, o.DSCP << 2, o.DSCP != 0},
	}
}

func setAll(fd int, opts []option) error {
	for _, opt := range opts {
		if !opt.wanted {
			continue
		}
		if err := unix.SetsockoptInt(fd, opt.level, opt.name, opt.val); err != nil {
			return &OptionError{opt.what, err}
		}
	}
	return nil
}

// bind binds to the source address, or to any: only then does a datagram
// socket have an identifier.
func bind(fd, proto int, o Options) error {
	var to unix.Sockaddr
	src := o.Source.Unmap()
	if proto == protoICMP4 {
		sa := &unix.SockaddrInet4{}
		if src.IsValid() {
			sa.Addr = src.As4()
		}
		to = sa
	} else {
		sa := &unix.SockaddrInet6{}
		if src.IsValid() {
			sa.Addr = src.As16()
			if ifi, err := net.InterfaceByName(src.Zone()); err == nil {
				sa.ZoneId = uint32(ifi.Index)
			}
		}
		to = sa
	}
	if err := unix.Bind(fd, to); err != nil {
		if src.IsValid() {
			return fmt.Errorf("source address %s: %w", src, err)
		}
		return os.NewSyscallError("bind", err)
	}
	return nil
}

// describe turns on what the kernel can do for us, none of which is vital, and
// notes what it granted.
func describe(fd, proto int, o Options, info *SocketInfo) error {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, o.ReadBuffer) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, o.ReadBuffer)
	}
	info.ReadBuffer, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if !o.NoStamps {
		const flags = unix.SOF_TIMESTAMPING_SOFTWARE | unix.SOF_TIMESTAMPING_RX_SOFTWARE
		info.RxStamps = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING, flags) == nil
		info.TxStamps = info.RxStamps
	}
	if info.Raw {
		return nil
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		info.ID = uint16(sa.Port)
	case *unix.SockaddrInet6:
		info.ID = uint16(sa.Port)
	}
	return nil
}

// setFilter has the kernel drop what is not for us.
func setFilter(conn net.PacketConn, proto int, id uint16) error {
	prog, err := echoFilter(proto, id)
	if err != nil {
		return err
	}
	if proto == protoICMP4 {
		c, types := ipv4.NewPacketConn(conn), new(ipv4.ICMPFilter)
		passTypes(types, ipv4.ICMPTypeEchoReply, faults4[:])
		return errors.Join(c.SetICMPFilter(types), c.SetBPF(prog))
	}
	c, types := ipv6.NewPacketConn(conn), new(ipv6.ICMPFilter)
	passTypes(types, ipv6.ICMPTypeEchoReply, faults6[:])
	return errors.Join(c.SetICMPFilter(types), c.SetBPF(prog))
}

// nowhere is an address that no packet comes from, nor an ICMP error is about.
var nowhere = netip.AddrFrom4([4]byte{224, 0, 0, 0})
