package fleet

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

// TestExplained: what goes wrong at connecting is said in the words of a fleet, with what is right.
func TestExplained(t *testing.T) {
	t.Parallel()
	misnamed := x509.HostnameError{Certificate: &x509.Certificate{}, Host: "127.0.0.1"}
	for _, c := range []struct {
		url  string
		err  error
		want string
	}{
		{"nats://127.0.0.1:1", misnamed, "speaks TLS; tls://127.0.0.1:1 would be right"},
		{"nats://127.0.0.1:1", x509.UnknownAuthorityError{}, "speaks TLS; tls://127.0.0.1:1 would be right"},
		{"tls://c.example:1", misnamed, "for another name"},
		{"tls://c.example:1", nats.ErrNoInfoReceived, "no server of a fleet"},
		{"tls://c.example:1", nats.ErrAuthorization, "the centre refuses this connection: the token"},
	} {
		got := Options{URL: c.url}.explained(fmt.Errorf("wrapped: %w", c.err)).Error()
		if !strings.Contains(got, c.want) || strings.Contains(got, "nats: ") {
			t.Errorf("%s, %v: %s; want %q", c.url, c.err, got, c.want)
		}
	}
	if err := (Options{}).explained(errors.New("other")); err.Error() != "other" {
		t.Error(err)
	}
}
