package icmp

import (
	"crypto/rand"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// openRaw opens a raw socket, for which Linux asks for CAP_NET_RAW.
func openRaw(proto int, o Options) (socket, error) {
	var id [2]byte
	rand.Read(id[:])
	return open(proto, unix.SOCK_RAW, o, SocketInfo{Raw: true, ID: binary.BigEndian.Uint16(id[:])})
}

// openDatagram opens a datagram socket, which Linux permits to the groups in
// the setting net.ipv4.ping_group_range.
func openDatagram(proto int, o Options) (socket, error) {
	return open(proto, unix.SOCK_DGRAM, o, SocketInfo{})
}

// open opens a socket. A raw IPv4 socket reports a full transmit queue only with
// IP_RECVERR, and then also of every ICMP error, whoever it is for, in the place
// of sending. So a second one sends, which no error reaches where it is bound.
func open(proto, typ int, o Options, info SocketInfo) (socket, error) {
	if o.Polled {
		return openPolled(proto, typ, o, info)
	}
	conn, err := openConn(proto, typ, o, &info)
	if err != nil {
		return nil, err
	}
	sender := conn
	if info.Raw && proto == protoICMP4 {
		if sender, err = openConn(proto, typ, o.toSend(), &info); err != nil {
			conn.Close()
			return nil, err
		}
	}
	s, err := newLinuxSocket(conn, sender, proto, o, info)
	if err != nil {
		conn.Close()
		sender.Close()
		return nil, err
	}
	return s, nil
}
