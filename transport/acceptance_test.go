package transport

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"mailprobe/probe"
	"mailprobe/wire/wiretest"
)

// Which versions a server accepts, and what it means that a connection comes to nothing.
func TestAcceptance(t *testing.T) {
	refuse := func(config *tls.Config, version uint16) *tls.Config { // by hanging up
		config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			if h.SupportedVersions[0] == version {
				return nil, errHangUp
			}
			return nil, nil
		}
		return config
	}
	for _, test := range []struct {
		name     string
		min, max uint16
		hangsUp  uint16 // at this version
		dials    int    // how many connections succeed, 0 for all
		args     string
		status   probe.Status
		cause    *probe.Cause
		accepted string
		unknown  string
		says     string
	}{
		{"new ones alone", tls.VersionTLS12, tls.VersionTLS13, 0, 0, "", probe.OK, nil, "1.2 1.3", "", "it accepts TLS 1.2 and 1.3; it refuses TLS 1.0 and 1.1"},
		{"all", tls.VersionTLS10, tls.VersionTLS13, 0, 0, "", probe.Warning, CauseOldVersionAccepted, "1.0 1.1 1.2 1.3", "", "accepts TLS 1.0 and 1.1 from clients"},
		{"old ones are permitted", tls.VersionTLS10, tls.VersionTLS13, 0, 0, "--tls-min 1.0", probe.OK, nil, "1.0 1.1 1.2 1.3", "", "it accepts TLS 1.0, 1.1, 1.2 and 1.3"},
		{"1.2 alone", tls.VersionTLS12, tls.VersionTLS12, 0, 0, "", probe.OK, nil, "1.2", "", "it refuses TLS 1.0, 1.1 and 1.3"},
		{"1.2 is too old", tls.VersionTLS12, tls.VersionTLS13, 0, 0, "--tls-min 1.3", probe.Warning, CauseOldVersionAccepted, "1.2 1.3", "", "accepts TLS 1.2 from clients"},
		{"it hangs up at 1.0, and goes on", tls.VersionTLS10, tls.VersionTLS13, tls.VersionTLS10, 0, "--tls-min 1.0", probe.OK, nil, "1.1 1.2 1.3", "", "it refuses TLS 1.0"},
		{"connections are refused after the third", tls.VersionTLS12, tls.VersionTLS13, 0, 3, "", probe.Unknown, CauseConnectFailed, "1.3", "1.2", "whether it accepts TLS 1.2 is not known"},
		{"connections are refused after the first", tls.VersionTLS12, tls.VersionTLS13, 0, 1, "", probe.Unknown, CauseConnectFailed, "1.3", "1.0 1.1 1.2", "whether it accepts TLS 1.0, 1.1 and 1.2 is not known"},
		{"the session had 1.2", tls.VersionTLS12, tls.VersionTLS13, 0, 0, "--tls-max 1.2", probe.OK, nil, "1.2 1.3", "", "it accepts TLS 1.2 and 1.3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, ca := good(t)
			config.MinVersion, config.MaxVersion = test.min, test.max
			if test.hangsUp != 0 {
				refuse(config, test.hangsUp)
			}
			var r *probe.Result
			dials := 0
			synctest.Test(t, func(t *testing.T) {
				dial := func() (net.Conn, error) {
					if dials++; test.dials > 0 && dials > test.dials {
						return nil, errors.New("no more")
					}
					near, far := net.Pipe()
					go serveTLS(&hangsUp{Conn: far}, config, 0, make(chan []byte, 1))
					return addressed{near}, nil
				}
				args := append(strings.Fields(test.args), "--tls=implicit", "--tls-versions", "--ca-file", ca, "--server-name", wiretest.HostName)
				r = try(t, dial, args...)
			})
			s := r.Step(VersionsStep)
			if s == nil || s.Status != test.status || !sameCause(s.Cause, test.cause) || !strings.Contains(s.Detail, test.says) ||
				text(s, "tls_versions") != test.accepted || text(s, "tls_versions_unknown") != test.unknown || dials > len(versions) {
				t.Errorf("after %d connections:\n%s%+v", dials, everything(r), s)
			}
		})
	}
}

// errHangUp has a server of the test close the connection without an alert.
var errHangUp = errors.New("hang up")

// hangsUp is a connection that does not carry the alert of crypto/tls for errHangUp, which
// is an internal error.
type hangsUp struct{ net.Conn }

func (h *hangsUp) Write(p []byte) (int, error) {
	if len(p) == 7 && p[0] == 21 && p[6] == 80 {
		_ = h.Close()
		return 0, net.ErrClosed
	}
	return h.Conn.Write(p)
}

func text(s *probe.Step, name string) string {
	for _, f := range s.Facts {
		if f.Name == name {
			return f.Text
		}
	}
	return ""
}
