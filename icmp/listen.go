package icmp

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
)

// Listen opens the sockets of an engine. It fails only if no address family
// can be used at all, with a [*PermissionError] if that is a matter of rights;
// see [Engine.Usable] for one family.
func Listen(o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	switch {
	case o.open != nil:
	case o.Network != nil:
		o.open = func(proto int, _ Options) (socket, error) { return o.Network.open(proto) }
	default:
		o.open = openSocket
	}
	if o.ReadBuffer == 0 {
		o.ReadBuffer = DefaultReadBuffer
	}
	e := &Engine{clock: newClock(o.readClock), bound: o.Interface != "", runs: make(map[cookie]*run)}
	e.pair = openPair(o)
	if e.v4.sock == nil && e.v6.sock == nil {
		if o.Source.Is6() && !o.Source.Is4In6() {
			return nil, e.v6.err
		}
		return nil, e.v4.err
	}
	e.pairs = []*pair{e.pair}
	for len(e.pairs) < o.Pairs {
		e.pairs = append(e.pairs, openPair(o))
	}
	for p := range e.ports() {
		if p.poller == nil {
			e.done.Go(func() { e.receive(p) })
		}
	}
	for _, more := range e.pairs {
		if err := cmp.Or(more.lacks(e.v4), more.lacks(e.v6)); err != nil {
			return nil, errors.Join(err, e.Close()) // which takes the receivers to the end
		}
	}
	return e, nil
}

func openPair(o Options) *pair {
	return &pair{v4: openPort(protoICMP4, o), v6: openPort(protoICMP6, o)}
}

func openPort(proto int, o Options) *port {
	p := &port{proto: proto, events: newMessages(eventsAtOnce, 0)}
	if o.Source.IsValid() && o.Source.Unmap().Is4() != (proto == protoICMP4) {
		p.err = fmt.Errorf("icmp: source address %s is of the other address family", o.Source)
		return p
	}
	p.sock, p.err = o.open(proto, o)
	if p.err != nil {
		p.sock = nil
		return p
	}
	p.info = p.sock.Info()
	p.poller, _ = p.sock.(poller)
	return p
}

// openSocket opens the best socket this process may have.
func openSocket(proto int, o Options) (socket, error) {
	var rawErr error
	if !o.Unprivileged {
		s, err := openRaw(proto, o)
		if err == nil || !errors.Is(err, fs.ErrPermission) {
			return s, err
		}
		rawErr = err
	}
	s, err := openDatagram(proto, o)
	if err != nil && errors.Is(err, fs.ErrPermission) {
		if rawErr == nil {
			rawErr = errors.New("not tried")
		}
		return nil, &PermissionError{Raw: rawErr, Datagram: err}
	}
	return s, err
}
