package main

import (
	"net"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mailprobe": main})
}

// TestScript runs testdata/*.txtar. Besides the usual commands there is
//
//	serve NAME FILE [ca]
//
// which plays the session script in FILE to every connection on a loopback
// address, puts the address into the variable NAME, and with a third word the
// file of the authority's certificate into $CA.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"serve": serve},
	})
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
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				// What the client did wrong shows in its own output.
				_ = server.Serve(conn)
			}()
		}
	}()
}
