package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mailprobe/dnssec/dnstest"
)

// readZones reads the zones of a folder. A file has the name of its zone; a first line
// "; unsigned", "; expired" or "; silent" says what the zone is like.
func readZones(dir string) (dnstest.World, error) {
	var world dnstest.World
	files, err := os.ReadDir(dir)
	if err != nil {
		return world, err
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return world, err
		}
		zone := dnstest.Zone{Name: f.Name(), Records: string(text)}
		first, _, _ := strings.Cut(string(text), "\n")
		switch first {
		case "; unsigned":
			zone.Algorithm = dnstest.Unsigned
		case "; expired":
			zone.Fault = dnstest.Expired
		case "; silent":
			world.Rules = append(world.Rules, dnstest.Rule{Name: zone.Name, Below: true, Drop: true})
		}
		world.Zones = append(world.Zones, zone)
	}
	return world, nil
}

// dnsworld starts a signed DNS with the zones in a folder. It puts the address of the
// resolver into the variable NAME, and the file of the root's keys into NAME_ANCHOR.
func dnsworld(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: dnsworld NAME FOLDER")
	}
	world, err := readZones(ts.MkAbs(args[1]))
	ts.Check(err)
	server, err := dnstest.Start(world)
	ts.Check(err)
	ts.Defer(server.Close)
	anchor := ts.MkAbs(args[0] + ".key")
	ts.Check(os.WriteFile(anchor, []byte(server.Anchors()), 0o600))
	ts.Setenv(args[0], server.Addr())
	ts.Setenv(args[0]+"_ANCHOR", anchor)
}

// startWorld is dnsworld for other tests.
func startWorld(t *testing.T, world dnstest.World) (addr, anchor string) {
	t.Helper()
	server, err := dnstest.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	anchor = filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(anchor, []byte(server.Anchors()), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.Addr(), anchor
}
