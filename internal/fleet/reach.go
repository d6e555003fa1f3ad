package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
)

// reachWithin is how long it may take to find out why a server cannot be reached.
const reachWithin = 5 * time.Second

// isUnreached reports whether an error of NATS says no more than that there is nobody to speak to.
func isUnreached(err error) bool {
	network := net.Error(nil)
	return errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, io.EOF) || errors.As(err, &network)
}

// unreached says why none of the servers can be reached, of which NATS says no more than that.
func unreached(ctx context.Context, servers []string) error {
	if len(servers) == 0 {
		return errors.New("there is no server")
	}
	u, err := url.Parse(servers[0])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err == nil {
		_ = conn.Close()
		return fmt.Errorf("what answers at %s is no server of a fleet, or closes the connection: see that mailprobe serve --fleet, or its nats-server, listens there", u.Host)
	}
	return fmt.Errorf("%s cannot be reached: %s; see that mailprobe serve --fleet runs there, that it listens at an address for others (--fleet-listen), and that no firewall is between", servers[0], whyNot(err))
}

// whyNot says in words why a connection failed.
func whyNot(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no host " + dns.Name
	case errors.As(err, &dns):
		return "the name " + dns.Name + " cannot be looked up"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "the server has closed the connection"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection is refused"
	case errors.Is(err, nats.ErrNoServers):
		return "no server can be reached"
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "no answer"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "there is no way to it"
	}
	return err.Error()
}
