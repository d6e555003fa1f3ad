package probetest

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/wire/wiretest"
)

// epoch is when simulated time begins (testing/synctest).
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// signedDNS is a resolver for the zones of a case. It is a real one, and so it runs
// outside of simulated time, which would stand still where something waits for a network.
type signedDNS struct {
	worlds chan dnstest.World
	made   chan *dnstest.Server
	failed chan error
}

// serveZones starts what makes resolvers, until the test ends.
func serveZones(t *testing.T) *signedDNS {
	d := &signedDNS{worlds: make(chan dnstest.World), made: make(chan *dnstest.Server), failed: make(chan error)}
	done := make(chan struct{})
	go func() {
		var servers []*dnstest.Server
		defer func() {
			for _, s := range servers {
				s.Close()
			}
			close(done)
		}()
		for world := range d.worlds {
			server, err := dnstest.Start(world)
			if err != nil {
				d.failed <- err
				continue
			}
			servers = append(servers, server)
			d.made <- server
		}
	}()
	t.Cleanup(func() {
		close(d.worlds)
		<-done
	})
	return d
}

// start starts a resolver.
func (d *signedDNS) start(world dnstest.World) (*dnstest.Server, error) {
	d.worlds <- world
	select {
	case server := <-d.made:
		return server, nil
	case err := <-d.failed:
		return nil, err
	}
}

// startZones starts a resolver for the zones of the case, and returns its address and the
// options that name it. A zone can have the certificate of the authority in it.
func (c *testCase) startZones(a *wiretest.Authority) (addr string, args []string, err error) {
	world := dnstest.World{Now: epoch, Rules: c.rules}
	for _, z := range c.zones {
		z.Records = strings.ReplaceAll(z.Records, "$AUTHORITY", hex.EncodeToString(a.Certificate.Raw))
		world.Zones = append(world.Zones, z)
	}
	server, err := c.signed.start(world)
	if err != nil {
		return "", nil, err
	}
	file := filepath.Join(c.work, "root.key")
	return server.Addr(), []string{"--resolver", server.Addr(), "--trust-anchor", file}, os.WriteFile(file, []byte(server.Anchors()), 0o600)
}

// addZone takes a zone: its name, and perhaps the word unsigned. A line "NAME TYPE
// SERVFAIL" is what the resolver answers for a name instead of its records.
func (c *testCase) addZone(words, text string) {
	name, how, _ := strings.Cut(words, " ")
	z := dnstest.Zone{Name: name}
	if how == "unsigned" {
		z.Algorithm = dnstest.Unsigned
	}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 3 && f[2] == servFail {
			c.rules = append(c.rules, dnstest.Rule{Name: f[0] + "." + name, Type: f[1], Rcode: servFail})
			continue
		}
		z.Records += line
	}
	c.zones = append(c.zones, z)
}
