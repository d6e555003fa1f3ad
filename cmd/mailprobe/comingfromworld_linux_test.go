package main

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mailprobe/bench/tun"
	"mailprobe/dnssec/dnstest"
	"mailprobe/mailtest"
)

// A village is a network of the test's own in which the commands of the guides are right
// as they are written: mx.example.org has a mail host at the usual ports, names are looked
// up at a real name server, and the addresses of 192.0.2.0/24 answer pings up to 192.0.2.30.
type village struct {
	host *mailtest.Host
	env  []string // of the commands
	dir  string   // where they run
}

// mailPorts are the usual ports of the services.
var mailPorts = map[mailtest.Service]string{
	mailtest.SMTP: "25", mailtest.Submission: "587", mailtest.Submissions: "465",
	mailtest.POP3: "110", mailtest.POP3S: "995", mailtest.IMAP: "143", mailtest.IMAPS: "993",
}

const villageZone = `
@     MX    10 mx
@     TXT   "v=spf1 mx -all"
mx    A     192.0.2.25
down  A     192.0.2.99
mail  CNAME mx`

// openVillage moves the test into a village. It stays on its goroutine.
func openVillage(t *testing.T) *village {
	t.Helper()
	need(t, "firewall")
	need(t, "mounts")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(tun.Isolate())
	must(tun.IP("addr", "add", "192.0.2.25/32", "dev", "lo"))
	device, err := tun.Open("tun0", "192.0.2.1/24")
	must(err)
	t.Cleanup(func() { _ = device.Close() })
	go func() { _ = tun.Serve(device, villagers) }()
	nameVillage(t, villageZone)

	v := &village{dir: t.TempDir()}
	v.host, err = mailtest.Start(mailtest.Config{Accounts: []mailtest.Account{{User: "alice", Password: "correct horse"}}, InsecureAuth: true})
	must(err)
	t.Cleanup(func() { _ = v.host.Close() })
	v.redirect(t)
	ca := filepath.Join(v.dir, "ca.pem")
	must(v.host.WriteCA(ca))
	v.env = append(os.Environ(), "SSL_CERT_FILE="+ca, "ALICE_PASSWORD=correct horse", "WRONG_PASSWORD=wrong",
		"PATH="+os.Getenv("PATH")+":/usr/sbin:/usr/lib/nagios/plugins", "LC_ALL=C", "TERM=dumb")
	return v
}

// villagers answer pings at the addresses up to 192.0.2.30; at the others there is nobody.
func villagers(p tun.Packet) []tun.Answer {
	if !p.IsEchoRequest() || !p.Destination().Less(netip.MustParseAddr("192.0.2.31")) {
		return nil
	}
	return []tun.Answer{{Packet: p.Reply()}}
}

// redirect takes the usual ports of mx.example.org to the free ones of the host.
func (v *village) redirect(t *testing.T) {
	t.Helper()
	run := func(command string) {
		t.Helper()
		if out, err := exec.Command("nft", strings.Fields(command)...).CombinedOutput(); err != nil {
			t.Fatalf("nft %s: %v\n%s", command, err, out)
		}
	}
	run("add table ip usual")
	run("add chain ip usual out { type nat hook output priority -100 ; }")
	for service, port := range mailPorts {
		_, free, _ := strings.Cut(v.host.Addr(service), ":")
		run("add rule ip usual out ip daddr 192.0.2.25 tcp dport " + port + " redirect to :" + free)
	}
}

// nameVillage has the test and its commands look names up at a name server with a zone
// example.org.
func nameVillage(t *testing.T, zone string) {
	t.Helper()
	server, err := dnstest.Start(dnstest.World{
		Listen: "127.0.0.1:53",
		Zones:  []dnstest.Zone{{Name: "example.org", Records: zone, Algorithm: dnstest.Unsigned}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	resolv := filepath.Join(t.TempDir(), "resolv.conf")
	hosts := filepath.Join(t.TempDir(), "hosts")
	for file, text := range map[string]string{resolv: "nameserver 127.0.0.1\n", hosts: "127.0.0.1 localhost\n"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct {
		from, to string
		flags    uintptr
	}{{"", "/", unix.MS_REC | unix.MS_PRIVATE}, {resolv, "/etc/resolv.conf", unix.MS_BIND}, {hosts, "/etc/hosts", unix.MS_BIND}} {
		if err := unix.Mount(m.from, m.to, "", m.flags, ""); err != nil {
			t.Fatalf("mount %s: %v", m.to, err)
		}
	}
}

// openPath moves the test to the begin of a path of three hops to mx.example.org, which
// answers at port 587; the first hop filters port 25.
func openPath(t *testing.T) *village {
	t.Helper()
	need(t, "mounts")
	host := filteredChain(t)
	nameVillage(t, "mx A "+host)
	return &village{dir: t.TempDir(), env: append(os.Environ(), "LC_ALL=C", "TERM=dumb", "PATH="+os.Getenv("PATH")+":/usr/sbin")}
}
