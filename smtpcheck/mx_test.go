package smtpcheck_test

import (
	"slices"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// mxWorld has a domain for everything that MX records can be, in the zone of its name.
func mxWorld() dnstest.World {
	zone := func(name, records string) dnstest.Zone { return dnstest.Zone{Name: name, Records: records} }
	return dnstest.World{
		Zones: []dnstest.Zone{
			zone("example.org", "@ MX 20 mx2\n@ MX 10 mx\nmx A "+goodServer+"\nmx2 A "+goodServer),
			zone("address.org", "@ MX 10 192.0.2.9.\n@ MX 20 mx\nmx A "+goodServer),
			zone("onlyaddress.org", "@ MX 10 192.0.2.9."),
			zone("localhost.org", "@ MX 10 localhost."),
			zone("alias.org", "@ MX 10 mx\nmx CNAME real\nreal A "+goodServer),
			zone("blank.org", "@ MX 10 mx\\032one\n@ MX 20 mx\nmx A "+goodServer+"\nmx\\032one A "+goodServer),
			zone("onlyblank.org", "@ MX 10 mx\\032one"),
			zone("nullamong.org", "@ MX 0 .\n@ MX 10 mx\nmx A "+goodServer),
			zone("null.org", "@ MX 0 ."),
			zone("implicit.org", "@ A "+goodServer),
			zone("nothing.org", "@ TXT x"),
			zone("dead.org", "@ MX 10 gone"),
			zone("corp.test", "*.exmaple.org MX 10 mx.example.org.\n* MX 10 mx.example.org.\n@ MX 10 mx.example.org."),
			{Name: "bogus.org", Records: "@ MX 10 mx\nmx A " + goodServer, Fault: dnstest.Expired},
			{Name: "hostbogus.org", Records: "@ MX 10 mx.bogus.org."},
			zone("servfail.org", ""), zone("silent.org", ""), zone("hostfails.org", "@ MX 10 mx\nmx A "+goodServer),
			zone("down.org", "@ MX 10 mx\nmx A "+refusing+"\nmx AAAA "+unreachable),
		},
		Rules: []dnstest.Rule{
			{Name: "bogus.org", Below: true, WithoutCD: true, Rcode: "SERVFAIL", EDE: 7, Text: "signature expired on Monday"},
			{Name: "servfail.org", Type: "MX", Rcode: "SERVFAIL", EDE: 22, Text: "at delegation servfail.org."},
			{Name: "silent.org", Type: "MX", Drop: true},
			{Name: "mx.hostfails.org", Rcode: "SERVFAIL", EDE: 23, Text: "192.0.2.53 timed out"},
		},
	}
}

// TestMX: what MX records can be wrong in, by the validating client.
func TestMX(t *testing.T) {
	s := startServers(t)
	_, args := start(t, mxWorld())
	args = append(args, "--mx", "--tls=off")
	for _, row := range []struct {
		domain, want string // the verdicts of the results
		says         string
	}{
		{"example.org", "OK, OK", "10 mx.example.org, 20 mx2.example.org"},
		{"address.org", "WARNING mx-not-a-host", "no mail gets to 192.0.2.9"},
		{"onlyaddress.org", "CRITICAL mx-not-a-host", "no mail gets to 192.0.2.9"},
		{"localhost.org", "CRITICAL mx-not-a-host", "no mail gets to localhost"},
		{"alias.org", "WARNING mx-is-alias", "mx.alias.org is an alias (CNAME) of real.alias.org"},
		{"blank.org", "WARNING mx-not-a-host", `no mail gets to mx\ one.blank.org`},
		{"onlyblank.org", "CRITICAL mx-not-a-host", `mx\ one.onlyblank.org`},
		{"nullamong.org", "CRITICAL null-mx", "null MX beside others"},
		{"null.org", "CRITICAL null-mx", "takes no mail"},
		{"implicit.org", "OK", "implicit MX"},
		{"nothing.org", "CRITICAL no-address", ""},
		{"dead.org", "CRITICAL no-such-name", "gone.dead.org does not exist"},
		{"exmaple.org", "CRITICAL no-such-name", "exmaple.org does not exist in DNS"},
		{"bogus.org", "CRITICAL dnssec-bogus", `signature expired ("signature expired on Monday")`},
		{"hostbogus.org", "CRITICAL dnssec-bogus", "mx.bogus.org A"},
		{"servfail.org", "UNKNOWN resolver-failed", `no reachable authority ("at delegation servfail.org.")`},
		{"hostfails.org", "UNKNOWN resolver-failed", `network error ("192.0.2.53 timed out")`},
		{"silent.org", "UNKNOWN resolver-timeout", "did not answer for silent.org in time"},
		{"192.0.2.1", "OK", "an address has no MX"},
	} {
		t.Run(row.domain, func(t *testing.T) {
			var got []string
			limit := "15s"
			if row.domain == "silent.org" {
				limit = "2s"
			}
			all := run(t, dialled(s.to), row.domain, append(args, "--timeout", limit)...)
			for _, r := range all {
				got = append(got, verdict(r))
				if row.says != "" && !strings.Contains(steps(r), row.says) {
					t.Errorf("it does not say %q:\n%s", row.says, steps(r))
				}
			}
			if verdicts := strings.Join(got, ", "); verdicts != row.want {
				t.Errorf("%s, not %s\n%s", verdicts, row.want, steps(all[0]))
			}
		})
	}
}

// TestMXNoRoute: of a server that is down, where this machine has no IPv6, the refused
// address decides.
func TestMXNoRoute(t *testing.T) {
	s := startServers(t)
	_, args := start(t, mxWorld())
	if got := verdict(run(t, dialled(s.to), "mx.down.org", append(args, "--dane")...)[0]); got != "CRITICAL refused" {
		t.Errorf("one target: %s", got)
	}
}

// TestMXQueries: each question is asked once for all exchangers and addresses, and a plain
// check does not ask for more than addresses.
func TestMXQueries(t *testing.T) {
	s := startServers(t)
	server, args := start(t, mxWorld())
	for _, row := range []struct {
		target  string
		options []string
		most    int
	}{
		{"mx.example.org", nil, 2},
		{"example.org", []string{"--mx"}, 10},
		{"example.org", []string{"--mx", "--dane"}, 12},
	} {
		server.Queries()
		use := slices.Concat(args, row.options, []string{"--ca-file", s.caFile})
		if row.options == nil {
			use = args[:2] // the anchors are for validated answers alone
		}
		run(t, dialled(s.to), row.target, use...)
		asked := server.Queries()
		seen := map[string]bool{}
		for _, q := range asked {
			if seen[q.String()] {
				t.Errorf("%s %q: %s was asked twice", row.target, row.options, q)
			}
			seen[q.String()] = true
		}
		if t.Logf("%s %q: %d queries: %v", row.target, row.options, len(asked), asked); len(asked) > row.most {
			t.Errorf("%s %q: %d queries, %d would do", row.target, row.options, len(asked), row.most)
		}
	}
}

// TestMXAgain: a check that is done again and again asks again when an answer has
// expired, not each time.
func TestMXAgain(t *testing.T) {
	s := startServers(t)
	server, args := start(t, mxWorld())
	kind := dialled(s.to)
	c := probe.New(kind)
	if _, err := probe.ParseArgs(c.Declared, append(args, "--mx", "--tls=off")); err != nil || c.Prepare(t.Context()) != nil {
		t.Fatal(err)
	}
	target, err := kind.ParseTarget("example.org")
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		for _, r := range c.Do(t.Context(), target) {
			if r.Status != probe.OK {
				t.Fatalf("%s\n%s", verdict(r), steps(r))
			}
		}
		if n := len(server.Queries()); (n > 0) != (round == 0) {
			t.Errorf("round %d: %d queries", round+1, n)
		}
	}
}
