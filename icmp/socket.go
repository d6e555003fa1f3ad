package icmp

import (
	"net/netip"
)

// batchSize is how many messages cross into the kernel with one system call.
const batchSize = 64

// eventsAtOnce is how many events of sent messages a socket returns at a time.
const eventsAtOnce = 16

// A message is an ICMP message on its way to or from a socket.
type Packet struct {
	Data []byte     // ICMP header and payload
	Addr netip.Addr // destination, or sender
	TTL  int        // to send with, 0 for the socket's own; received with, 0 if not known
	// stamp is the kernel's time of the packet in ns since the Unix epoch, 0 if
	// it gave none.
	stamp int64
	kind  kind
	// unchecked says that nobody has verified the checksum of data yet.
	unchecked bool
	// fault is the ICMP error of a quotedError.
	fault *Error
	// stamped asks for a sentCopy of a message that is sent.
	stamped bool
}

// A kind says what a received message is.
type kind uint8

const (
	plain       kind = iota // an ICMP message from the network
	sentCopy                // our own request, stamped as it left; headers may precede it
	quotedError             // our own request as quoted by the error in fault
)

// A socket carries the ICMP messages of one address family. Send and Receive
// may be called at the same time, each by one goroutine.
type socket interface {
	// Send hands messages to the network and returns how many it took. The
	// error, if any, is about the first that was not taken.
	Send(ms []Packet) (int, error)
	// Receive waits for messages, fills ms and returns how many came. Their
	// data is valid until the next call. After Close it returns net.ErrClosed.
	Receive(ms []Packet) (int, error)
	// Events fills ms with what the kernel has to say about sent messages
	// (sentCopy, quotedError), at most eventsAtOnce, without waiting.
	Events(ms []Packet) int
	// Dropped returns how many packets overflowed the receive buffer so far.
	Dropped() uint32
	// Unread returns the octets of the receive buffer that packets and events
	// take which wait to be received, 0 if not known.
	Unread() int
	// Close ends a waiting Receive.
	Close() error
	// Info describes the socket.
	Info() SocketInfo
}

// A poller is a socket that is read by its sender instead of a receiving goroutine.
type poller interface {
	// Poll fills ms with the packets that are there, without waiting. Their data is
	// valid until the next call.
	Poll(ms []Packet) int
}

// SocketInfo describes an open socket of an engine.
type SocketInfo struct {
	Raw        bool   // a raw socket; else the kernel's datagram socket
	ID         uint16 // the identifier of all its requests
	ReadBuffer int    // octets the kernel granted for received packets, 0 if not known
	TxStamps   bool   // the kernel stamps requests as they leave
	RxStamps   bool   // the kernel stamps packets as they arrive
}
