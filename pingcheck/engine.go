package pingcheck

import (
	"context"
	"errors"
	"net/netip"
	"sync"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A shared holds the engine that all targets of a check use.
type shared struct {
	options *probe.Options
	open    func() (*icmp.Engine, error)
	once    sync.Once
	opened  *icmp.Engine
	err     error
}

// engineFor returns the engine, opened at the first call, and the first of the
// addresses that it can reach.
func (s *shared) engineFor(addrs []netip.Addr) (*icmp.Engine, netip.Addr, error) {
	if err := s.Open(); err != nil {
		return nil, netip.Addr{}, err
	}
	err := errors.New("no address")
	for _, addr := range addrs {
		if err = s.opened.Usable(addr); err == nil {
			return s.opened, addr, nil
		}
	}
	return nil, netip.Addr{}, err
}

// Close closes the engine, if a target has opened it.
func (s *shared) Close() error {
	s.once.Do(func() { s.err = icmp.ErrClosed })
	if s.opened == nil {
		return nil
	}
	return s.opened.Close()
}

// Open opens the engine that the targets share.
func (s *shared) Open() error {
	s.once.Do(func() { s.opened, s.err = s.open() })
	return s.err
}

// resolve runs the step that looks up the addresses of a target.
func (s *shared) resolve(ctx context.Context, t probe.Target, r *probe.Result) (addrs []netip.Addr, err error) {
	err = r.Run(stepResolve, func(step *probe.Step) (err error) {
		addrs, err = s.options.Resolve(ctx, t, step)
		return err
	})
	return addrs, err
}
