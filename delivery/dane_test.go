package delivery_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/mailtest"
	"mailprobe/probe"
)

// TestDANE: --via-tls=dane hands nothing to a server that no TLSA record matches, and
// names the record to publish.
func TestDANE(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	_, port, err := net.SplitHostPort(l.one.Addr(mailtest.Submission))
	must(t, err)
	none := fmt.Sprintf("_%s._tcp.mx1 TLSA 3 1 1 %s", port, strings.Repeat("00", 32))
	for records, says := range map[string]string{none: "no TLSA record at _" + port + "._tcp.mx1.example.org matches the certificate", "": "there is no TLSA record at"} {
		world, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: "mx1 A 127.0.0.1\n" + records}}})
		must(t, err)
		t.Cleanup(world.Close)
		anchors := filepath.Join(t.TempDir(), "root.key")
		must(t, os.WriteFile(anchors, []byte(world.Anchors()), 0o600))
		o := l.deliver("--via", "submission://mx1.example.org:"+port, "--resolver", world.Addr(), "--via-tls=dane", "--via-trust-anchor", anchors)
		o.is(probe.Critical, says)
		if l.one.Queued() > 0 || len(l.two.Messages("alice")) > 0 {
			t.Error("a message was handed over")
		}
		if fix := o.Step("submit").Fix; records != "" && (len(fix) != 1 || !strings.HasPrefix(fix[0], "_"+port+"._tcp.mx1.example.org. IN TLSA 3 1 1 ")) {
			t.Errorf("to publish is %q", fix)
		}
	}
}
