//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/natstest"
)

// fleetRun runs `mailprobe fleet` with a state directory.
func fleetRun(state string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(append([]string{"fleet", "--state", state}, args...), strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// TestFleetCommandLine: what is wrong with a command line, in a line that says what would be
// right.
func TestFleetCommandLine(t *testing.T) {
	state := t.TempDir()
	if code, _, errs := fleetRun(state, "invite", "fra"); code != 0 {
		t.Fatal(errs)
	}
	for _, c := range []struct{ args, want string }{
		{"", "invite, list, revoke, config"},
		{"invit", "did you mean invite?"},
		{"invite", "mailprobe fleet invite fra"},
		{"invite a b", `"b" is too many`},
		{"list fra", `"fra" is too many`},
		{"invite FRA", "small letters"},
		{"invite ../fra", "small letters"},
		{"invite any", "every place"},
		{"invite " + strings.Repeat("x", 33), "at most 32"},
		{"revoke ams", "never invited"},
		{"list --submit", "--submit belongs to invite"},
		{"invite ams -o json", "-o belongs to list"},
	} {
		code, out, errs := fleetRun(state, strings.Fields(c.args)...)
		if code == 0 || out != "" || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d, %s%s; want %q", c.args, code, out, errs, c.want)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"--nats tls://127.0.0.1", "--fleet, which is missing"},
		{"--fleet-listen :4222", "--fleet, which is missing"},
		{"--fleet --nats tls://127.0.0.1 --fleet-listen :1", "one of them"},
		{"--fleet --nats-ca-file ca.pem", "belongs to --nats"},
		{"--fleet --fleet-listen 4222", "not ADDRESS:PORT"},
		{"--fleet --fleet-listen :0", "from 1 to 65535"},
		{"--fleet --nats nats://192.0.2.1", "TLS only"},
		{"--fleet --nats tls://user:hunter2@127.0.0.1", "more than a host and a port"},
		{"--fleet --nats nats://127.0.0.1:1", "nothing listens at nats://127.0.0.1:1"},
	} {
		var out, errs bytes.Buffer
		code := run(append([]string{"serve", "--listen", "127.0.0.1:0", "--state", t.TempDir()}, strings.Fields(c.args)...), strings.NewReader(""), &out, &errs)
		if code != 4 || !strings.Contains(errs.String(), c.want) || strings.Contains(errs.String(), "hunter2") {
			t.Errorf("serve %q: exit %d, %s; want %q", c.args, code, errs.String(), c.want)
		}
	}
}

// TestFleetConfig: the real server takes what is printed, and tokens are for it then.
func TestFleetConfig(t *testing.T) {
	state := t.TempDir()
	code, config, errs := fleetRun(state, "config")
	if code != 0 {
		t.Fatal(errs)
	}
	if _, again, _ := fleetRun(state, "config"); again != config {
		t.Error("it is another one the second time")
	}
	natstest.Start(t, natstest.Options{Config: config})
	if _, token, _ := fleetRun(state, "invite", "fra"); !strings.HasSuffix(token, ".\n") {
		t.Errorf("the token %q has a fingerprint", token)
	}
}

// TestServeFleet: a server and its fleet in a process: a place is invited, joins, is listed and
// revoked, over a restart of the server.
func TestServeFleet(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs servers")
	}
	dir := t.TempDir()
	state, file := filepath.Join(dir, "state"), filepath.Join(dir, "checks.yaml")
	if err := os.WriteFile(file, []byte("checks:\n  - {name: mx, kind: smtp, target: \"127.0.0.1:1\", from: [fra, nyc, frb]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	start := func() *serverProcess {
		return startServer(t, serverCommand(t, dir, "--fleet", "--fleet-listen", address, file))
	}
	s := start()
	if !strings.Contains(s.log(), "nobody was invited as: fra, nyc, frb; ") {
		t.Errorf("the log is %s", s.log())
	}
	code, out, errs := fleetRun(state, "invite", "fra")
	token, err := fleet.ParseToken(out)
	if code != 0 || err != nil {
		t.Fatal(out, errs, err)
	}
	key, _ := nkeys.CreateUser()
	seal, _ := nkeys.CreateCurveKeys()
	sealKey, _ := seal.PublicKey()
	conn, err := fleet.Connect(t.Context(), fleet.Options{URL: "tls://" + address, Name: "fra", Key: key, Token: &token})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	greet := func() (w fleet.Welcome) {
		t.Helper()
		hello, _ := json.Marshal(fleet.Hello{Version: "1.2.3", Sent: time.Now(), SealKey: sealKey})
		for range 100 { // while the server comes back nobody answers
			msg, err := conn.Request(fleet.HelloSubject+".fra", hello, 5*time.Second)
			if err == nil && json.Unmarshal(msg.Data, &w) == nil {
				return w
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("nobody answers; %s", s.log())
		return w
	}
	if w := greet(); w.Error != "" || w.Schedule == nil || !strings.Contains(string(w.Schedule.Jobs), `"id":"mx"`) {
		t.Errorf("the welcome is %+v", w)
	}
	if _, out, errs := fleetRun(state, "list"); !strings.Contains(out, "joined") || !strings.Contains(out, "1.2.3") {
		t.Errorf("the list is %s%s", out, errs)
	}
	s.end(t, syscall.SIGTERM)
	s = start()
	if w := greet(); w.Error != "" {
		t.Errorf("after the restart the welcome is %+v", w)
	}
	if !strings.Contains(s.log(), "nobody was invited as: nyc, frb (did you mean fra?); ") {
		t.Errorf("the log is %s", s.log())
	}
	if code, _, errs := fleetRun(state, "revoke", "fra"); code != 0 {
		t.Error(errs)
	}
	var members []member
	_, out, _ = fleetRun(state, "list", "-o", "json")
	if err := json.Unmarshal([]byte(out), &members); err != nil || len(members) != 1 || members[0].State != "revoked" || members[0].Seen.Version != "1.2.3" {
		t.Errorf("the list is %s, %v", out, err)
	}
	s.end(t, syscall.SIGTERM)
	if strings.Contains(s.log(), "[") {
		t.Errorf("the log is %s", s.log())
	}
}
