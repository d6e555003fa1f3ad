package probetest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rogpeppe/go-internal/txtar"

	"mailprobe/probe"
)

var update = flag.Bool("update", false, "rewrite the want sections of scripted sessions")

// Sessions runs a subtest for every dir/*.txtar. These are the files of an
// archive, all but args optional:
//
//	args         flags and targets as on the command line, with shell quoting;
//	             $WORK is a folder with the archive's other files in it, $CA the
//	             certificate file of the authority that issues the servers'
//	session      what the server does, as wire/wiretest plays it; "refused",
//	             "unreachable" and "silent" stand for a port that does so
//	session N    the same for several connections one after another, by number,
//	             or for those to one ADDR or ADDR:PORT; of several for one ADDR
//	             each serves one connection, the last every one that follows
//	dns          the records there are, such as "example.org MX 10 mx.example.org",
//	             "mx.example.org A 192.0.2.1", "slow.example.org TIMEOUT"; without
//	             it every name has the addresses 192.0.2.1 and 2001:db8::1
//	zone NAME    records of a signed zone, in the place of dns: the kind then asks a
//	             resolver for them, by its options resolver and trust-anchor; $AUTHORITY
//	             is the certificate of the authority as a TLSA record has it, "NAME TYPE
//	             SERVFAIL" a failure. zone NAME unsigned is not signed
//	path         the round-trip time of the path to the server, 10ms without it
//	random       names of facts whose values differ from run to run, which the
//	             result has as $NAME
//	noreplay     why the recorded transcript cannot be played back
//	want         the result: "STATUS summary", then for each step "STATUS name:
//	             detail" with its hint and facts indented below
//
// Every other file is written to $WORK. One whose name has "password", "token" or
// "secret" in it holds a secret, which must not show anywhere. With -update the
// want sections are rewritten.
//
// Besides the golden result, a case fails where the client deviates from the
// script, a connection stays open, step names repeat, a secret shows, the result
// does not survive JSON, or its transcript, played back as a server, leads to
// other statuses.
func Sessions(t *testing.T, kind probe.Kind, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions in %s (%v)", dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			runFile(t, kind, file)
		})
	}
}

func runFile(t *testing.T, kind probe.Kind, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCase(archive, t.TempDir())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(c.zones) > 0 {
		c.signed = serveZones(t)
	}
	var got string
	synctest.Test(t, func(t *testing.T) { got = c.play(t, kind) })
	if *update {
		rewrite(t, file, archive, got)
		return
	}
	if got != c.want {
		t.Errorf("%s: the result is not as wanted; got:\n%s\nwant:\n%s", file, got, c.want)
	}
}

// rewrite stores the result as the archive's want section.
func rewrite(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	found := false
	for i := range archive.Files {
		if archive.Files[i].Name == "want" {
			archive.Files[i].Data, found = []byte(got), true
		}
	}
	if !found {
		archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
	}
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// play runs the case and its checks and returns the result in text.
func (c *testCase) play(t *testing.T, kind probe.Kind) string {
	network, err := c.network()
	if err != nil {
		t.Fatal(err)
	}
	out, err := check(t.Context(), kind, network, c.args)
	if err != nil {
		return c.portable("usage: " + err.Error() + "\n")
	}
	deviations, unclosed := network.finish()
	for _, err := range append(deviations, unclosed...) {
		t.Error(err)
	}
	verify(t, kind, out.results, c.secrets)
	if c.noReplay == "" {
		replay(t, kind, c.args, network, out.results)
	}
	text := c.steady(Golden(out.results...), out.results)
	if network.resolver != "" {
		text = strings.ReplaceAll(text, network.resolver, dnsServer)
	}
	return c.portable(text)
}
