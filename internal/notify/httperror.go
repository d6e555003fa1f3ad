package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"net"

	"mailprobe/probe"
)

// plainError takes the address out of an error: it may hold a secret. What Go says in
// words of its own is said plainly.
func plainError(err error) error {
	if u, ok := errors.AsType[interface {
		error
		Unwrap() error
	}](err); ok && u.Unwrap() != nil {
		err = u.Unwrap()
	}
	var slow net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return probe.Reword("there was no answer in time", err)
	case errors.Is(err, context.Canceled):
		return probe.Reword("interrupted", err)
	case errors.As(err, new(x509.UnknownAuthorityError)) && trustsNobody():
		return probe.Reword("this machine has no certificates of authorities, so that none can be verified: install the package ca-certificates", err)
	}
	return err
}

// trustsNobody reports whether the system has no certificates of authorities.
func trustsNobody() bool {
	pool, err := x509.SystemCertPool()
	return err != nil || pool.Equal(x509.NewCertPool())
}
