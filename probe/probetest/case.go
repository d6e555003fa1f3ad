package probetest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// defaultRoundTrip is the path to a server where the case has none of its own.
const defaultRoundTrip = 10 * time.Millisecond

// testCase is one archive.
type testCase struct {
	work      string // the folder with the files
	args      []string
	sessions  []session
	dns       string
	hasDNS    bool
	zones     []dnstest.Zone
	rules     []dnstest.Rule
	signed    *signedDNS // makes the resolver of zones
	roundTrip time.Duration
	noReplay  string
	random    []string // facts that differ from run to run
	want      string
	secrets   []string
}

// session is what one server does, or the servers at one address.
type session struct {
	name   string // "", a number, ADDR, ADDR:PORT, or anywhere
	fault  string // instead of a script
	script *wire.Transcript
	after  func(conn net.Conn, heard []string) // after the script
}

func newCase(archive *txtar.Archive, work string) (*testCase, error) {
	c := &testCase{work: work, roundTrip: defaultRoundTrip}
	for _, f := range archive.Files {
		if err := c.add(f.Name, string(f.Data)); err != nil {
			return nil, fmt.Errorf("section %s: %w", f.Name, err)
		}
	}
	if len(c.args) == 0 {
		return nil, errors.New("there is no args section")
	}
	return c, nil
}

// add takes one file of the archive.
func (c *testCase) add(name, text string) (err error) {
	word, rest, _ := strings.Cut(name, " ")
	switch word {
	case "args":
		return c.addArgs(text)
	case "session":
		return c.addSession(rest, text)
	case "dns":
		c.dns, c.hasDNS = text, true
	case "zone":
		c.addZone(rest, text)
	case "path":
		c.roundTrip, err = time.ParseDuration(strings.TrimSpace(text))
	case "random":
		c.random = strings.Fields(text)
	case "noreplay":
		c.noReplay = strings.TrimSpace(text)
	case "want":
		c.want = text
	default:
		return c.addFile(name, text)
	}
	return err
}

func (c *testCase) addArgs(line string) (err error) {
	c.args, err = splitWords(line)
	expand := strings.NewReplacer("$WORK", c.work, "$CA", c.caFile())
	for i := range c.args {
		c.args[i] = expand.Replace(c.args[i])
	}
	return err
}

func (c *testCase) addSession(name, text string) error {
	s := session{name: name}
	switch word := strings.TrimSpace(text); word {
	case refused, unreachable, silent:
		s.fault = word
	default:
		var err error
		if s.script, err = wire.ParseTranscript(text); err != nil {
			return err
		}
	}
	c.sessions = append(c.sessions, s)
	return nil
}

var secretName = regexp.MustCompile(`password|token|secret`)

func (c *testCase) addFile(name, text string) error {
	if secretName.MatchString(name) {
		c.secrets = append(c.secrets, strings.TrimSpace(text))
	}
	file := filepath.Join(c.work, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o600)
}

// caFile is where the authority's certificate is.
func (c *testCase) caFile() string { return filepath.Join(c.work, "ca.pem") }

// portable writes the temporary folder as the archive does, and the cipher of TLS
// 1.3 as it is on most machines: both ends are Go, which puts ChaCha20 first where
// the processor has no instructions for AES.
func (c *testCase) portable(text string) string {
	cipher := strings.NewReplacer(tls.CipherSuiteName(tls.TLS_CHACHA20_POLY1305_SHA256), tls.CipherSuiteName(tls.TLS_AES_128_GCM_SHA256))
	return cipher.Replace(strings.ReplaceAll(text, c.work, "$WORK"))
}

// steady writes facts that differ from run to run by their names.
func (c *testCase) steady(text string, results []*probe.Result) string {
	for _, name := range c.random {
		for _, r := range results {
			if f, ok := r.Fact(name); ok {
				text = strings.ReplaceAll(text, f.Text, "$"+name)
			}
		}
	}
	return text
}

// network makes the servers of the case.
func (c *testCase) network() (*network, error) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		return nil, err
	}
	n := &network{path: wiretest.Path{RoundTrip: c.roundTrip}, authority: authority, sessions: slices.Clone(c.sessions)}
	if n.zone, err = parseZone(c.dns); err != nil {
		return nil, err
	}
	n.zone.open = !c.hasDNS
	if len(c.zones) > 0 {
		if n.resolver, n.args, err = c.startZones(authority); err != nil {
			return nil, err
		}
	}
	return n, authority.WriteFile(c.caFile())
}
