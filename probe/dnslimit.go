package probe

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"syscall"
)

// lookupLimit is what a look-up found this machine to lack. net.Resolver asks for the
// addresses of both families side by side and has one error for both: that one question
// could not be asked is lost behind the answer to the other.
type lookupLimit struct {
	mu  sync.Mutex
	err error
}

type limitKey struct{}

// withLimit returns a context for a look-up, in which its limit is noted.
func withLimit(ctx context.Context) (context.Context, *lookupLimit) {
	l := &lookupLimit{}
	return context.WithValue(ctx, limitKey{}, l), l
}

// noteLimit notes a connection of a look-up that failed for want of something here.
func noteLimit(ctx context.Context, err error) {
	l, ok := ctx.Value(limitKey{}).(*lookupLimit)
	lacks := MachineLimit(err) != nil || slices.ContainsFunc(noFreePort, func(e syscall.Errno) bool { return errors.Is(err, e) })
	if ok && lacks {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.err = err
	}
}

// instead returns the error of a look-up, or what this machine lacks.
func (l *lookupLimit) instead(err error, host string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil || l.err == nil {
		return err
	}
	return &net.DNSError{Err: l.err.Error(), Name: host}
}
