package web

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
)

// listen opens all listeners, or none.
func (s *Server) listen() (all []net.Listener, err error) {
	defer func() {
		if err != nil {
			closeAll(all)
		}
	}()
	if s.config.Sockets {
		if all, err = activated(); err != nil {
			return all, err
		}
	}
	for _, address := range s.config.Listen {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return all, listenError(address, err)
		}
		all = append(all, l)
	}
	if len(all) == 0 {
		return nil, errors.New("there is no address to listen at: use --listen ADDRESS")
	}
	return all, nil
}

// activated returns the sockets that systemd has opened (sd_listen_fds(3)).
func activated() ([]net.Listener, error) {
	all, err := activation.Listeners()
	if err != nil {
		return nil, err
	}
	var listeners []net.Listener
	for i, l := range all {
		if l == nil {
			return listeners, fmt.Errorf("socket %d of systemd does not listen: a socket unit has ListenStream=, and Accept=no", i+1)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func closeAll(all []net.Listener) {
	for _, l := range all {
		_ = l.Close()
	}
}

// listenError says why an address cannot be listened at, and what to try.
func listenError(address string, err error) error {
	var unknown *net.DNSError
	var wrong *net.AddrError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("--listen %s: another program listens there; choose another port, or end that program", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("--listen %s: ports below 1024 need a privilege; choose another port", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("--listen %s: this machine has no such address", address)
	case errors.As(err, &wrong), errors.As(err, &unknown):
		return fmt.Errorf("--listen %q is not HOST:PORT, [IPV6]:PORT or :PORT, such as 127.0.0.1:9126", address)
	}
	return fmt.Errorf("--listen %s: %w", address, err)
}
