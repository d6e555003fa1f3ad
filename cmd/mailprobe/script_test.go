package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/dns/dnsmessage"

	"mailprobe/icmp"
	"mailprobe/internal/report/reporttest"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

func TestMain(m *testing.M) {
	// The README shows times, the same ones everywhere.
	if err := os.Setenv("TZ", "UTC"); err != nil {
		panic(err)
	}
	testscript.Main(m, programs)
}

// programs are those that a script can run.
var programs = map[string]func(){"mailprobe": main}

// TestScript runs testdata/*.txtar. Besides the usual commands there is
//
//	serve NAME FILE [ca]
//
// which plays the session script in FILE to every connection on a loopback
// address, puts the address into the variable NAME, and with a third word the
// file of the authority's certificate into $CA;
//
//	nameserver NAME
//
// which answers every question for an address with 127.0.0.1 and every one for an
// exchanger with mx.example.org, but for names in "nosuch", "nullmx", "servfail",
// "refused", "notimp", "nodata" and "loop";
//
//	dnsworld NAME FOLDER
//
// which starts a signed DNS with the zones in a folder, a file each, and puts the address of
// its resolver into the variable NAME and the file of its trust anchor into NAME_ANCHOR;
//
//	remember DIR
//
// which makes a history;
//
//	damage FILE
//
// which damages one;
//
//	schema
//
// which holds the last standard output to the JSON Schema;
//
//	alerts FILE
//
// which looks for the metrics of the alert rules in a file;
//
//	promtool check metrics FILE
//
// which has Prometheus' own tool read a file; and on Linux
//
//	network [N]
//
// which gives the script a network of its own. Besides mailprobe there is on Linux the
// program
//
//	starve CALL ERROR PROGRAM [ARGS]
//
// which has the kernel answer a system call of another program with an error.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error { // nothing is left on the machine
			e.Setenv("XDG_RUNTIME_DIR", filepath.Join(e.WorkDir, ".tmp"))
			e.Setenv("GORACE", os.Getenv("GORACE"))
			rules, err := filepath.Abs(filepath.Join(alertRules, "mailprobe.rules.yml"))
			e.Setenv("RULES", rules)
			return err
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                commands,
		Condition:           condition,
	})
}

var commands = map[string]func(*testscript.TestScript, bool, []string){
	"serve": serve, "nameserver": nameserver, "remember": remember, "damage": damage, "schema": schema,
	"alerts": alerts, "promtool": promtool, "dnsworld": dnsworld,
}

// inPath returns a need of a program.
func inPath(program string) func() error {
	return func() error {
		_, err := exec.LookPath(program)
		return err
	}
}

// needs are what a test may need of the machine, each with what is lacking.
var needs = map[string]func() error{
	"root": func() error {
		if os.Geteuid() != 0 {
			return errors.New("this is not root")
		}
		return nil
	},
	"ping": func() error {
		engine, err := icmp.Listen(icmp.Options{})
		if err != nil {
			return err
		}
		return engine.Close()
	},
	"promtool": func() error {
		_, err := reporttest.Find("promtool")
		return err
	},
	"bash": inPath("bash"), "zsh": inPath("zsh"), "fish": inPath("fish"),
	"terminal": func() error {
		near, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return near.Close()
	},
}

// condition reports whether a need is met. Where real servers are required, so is that.
func condition(name string) (bool, error) {
	lacks, ok := needs[name]
	if !ok {
		return false, fmt.Errorf("there is no condition %q", name)
	}
	err := lacks()
	if err == nil || os.Getenv("MAILPROBE_REAL") == "require" {
		return err == nil, err
	}
	return false, nil
}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: serve NAME FILE [ca]")
	}
	script, err := wire.ParseTranscript(ts.ReadFile(args[1]))
	ts.Check(err)
	authority, err := wiretest.NewAuthority()
	ts.Check(err)
	if len(args) > 2 {
		name := ts.MkAbs("ca.pem")
		ts.Check(authority.WriteFile(name))
		ts.Setenv("CA", name)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
	server := &wiretest.Server{Script: script, Authority: authority}
	go wiretest.Accept(listener, func(conn net.Conn) error { return server.Serve(conn) })
}

func schema(ts *testscript.TestScript, neg bool, args []string) {
	output := ts.ReadFile("stdout")
	if _, err := reporttest.Check(output); (err != nil) != neg {
		ts.Fatalf("the output against the schema: %v", err)
	}
}

func nameserver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: nameserver NAME")
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = conn.Close() })
	ts.Setenv(args[0], conn.LocalAddr().String())
	go func() {
		packet := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			if answer, err := answerDNS(packet[:n]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
}

// rcodes are what the name server answers for names by their first label.
var rcodes = map[string]dnsmessage.RCode{
	"nosuch": dnsmessage.RCodeNameError, "servfail": dnsmessage.RCodeServerFailure,
	"refused": dnsmessage.RCodeRefused, "notimp": dnsmessage.RCodeNotImplemented,
}

// answerDNS answers one question (RFC 1035 §4).
func answerDNS(packet []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil || len(m.Questions) != 1 {
		return nil, errors.Join(err, errors.New("not one question"))
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	name := q.Name.String()
	label, _, _ := strings.Cut(name, ".")
	switch {
	case rcodes[label] != 0:
		m.RCode = rcodes[label]
	case label == "nodata":
	case label == "loop":
		alias := dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeCNAME, Class: q.Class, TTL: 60}
		m.Answers = []dnsmessage.Resource{{Header: alias, Body: &dnsmessage.CNAMEResource{CNAME: q.Name}}}
	case q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	case q.Type == dnsmessage.TypeMX && strings.HasPrefix(name, "nullmx."):
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.MXResource{MX: dnsmessage.MustNewName(".")}}}
	case q.Type == dnsmessage.TypeMX:
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName("mx.example.org.")}}}
	}
	return m.Pack()
}
