package fleet

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
)

func TestWhyNot(t *testing.T) {
	for want, err := range map[string]error{
		"there is no host centre.example.org":             &net.OpError{Op: "dial", Err: &net.DNSError{Name: "centre.example.org", IsNotFound: true}},
		"the name centre.example.org cannot be looked up": &net.DNSError{Name: "centre.example.org", IsTimeout: true},
		"the connection is refused":                       &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		"no answer":                                       context.DeadlineExceeded,
		"no server can be reached":                        nats.ErrNoServers,
		"there is no way to it":                           syscall.ENETUNREACH,
		"the server has closed the connection":            io.EOF,
	} {
		if got := whyNot(err); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
	if isUnreached(errOtherKey) || isUnreached(nil) || !isUnreached(io.EOF) || !isUnreached(&net.OpError{Err: errors.New("x")}) {
		t.Error("another fault is taken for a server that cannot be reached")
	}
}
