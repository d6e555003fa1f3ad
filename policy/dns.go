package policy

import (
	"context"
	"errors"
	"net/netip"
	"strings"
)

// ErrNoName is the error of a DNS for a name that does not exist (NXDOMAIN).
var ErrNoName = errors.New("the name does not exist")

// DNS answers the questions of an evaluation. Names have no trailing dot. A name that
// exists without a record of the type has an empty answer and no error, one that does not
// exist has ErrNoName, and every other error is a passing one: SERVFAIL, a time-out.
// It is asked by several goroutines at once.
type DNS interface {
	// TXT returns the records of a name, the strings of each joined without a space.
	TXT(ctx context.Context, name string) ([]string, error)
	// IPv4 and IPv6 return the addresses of a name.
	IPv4(ctx context.Context, name string) ([]netip.Addr, error)
	IPv6(ctx context.Context, name string) ([]netip.Addr, error)
	// MX returns the exchangers of a name, the preferred first.
	MX(ctx context.Context, name string) ([]string, error)
	// PTR returns the names of an address.
	PTR(ctx context.Context, addr netip.Addr) ([]string, error)
}

// maxName is the length of the longest name, without a trailing dot (RFC 1035 §2.3.4).
const maxName = 253

// isName reports whether a text can be asked for as a domain of two labels or more: no
// label is empty or longer than 63 bytes, and the whole is no longer than 253 (RFC 1035
// §2.3.4).
func isName(text string) bool {
	labels := strings.Split(strings.TrimSuffix(text, "."), ".")
	if len(text) > 254 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 {
			return false
		}
	}
	return true
}

// canonical is a name in lower case and without a trailing dot.
func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
