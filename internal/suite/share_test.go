package suite

import (
	"testing"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// Checks that differ in name, target and settings alone are made once; what has other
// options, or asks a command for a secret, is its own.
func TestSameOptionsAreOneCheck(t *testing.T) {
	s, problems := Parse("mailprobe.yaml", []byte(`
defaults: {tls: "off", warn: {total: 60s}}
checks:
  - {name: a, kind: smtp, target: a.example.org}
  - {name: b, kind: smtp, target: b.example.org, every: 1h, warn: {total: 60s}}
  - {name: c, kind: smtp, target: c.example.org, helo: c.example.net}
  - {name: d, kind: smtp, target: d.example.org, user: u, password_command: "echo secret"}
  - {name: e, kind: smtp, target: e.example.org, user: u, password_command: "echo secret"}
`), []probe.Kind{smtpcheck.Kind()})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	of := map[*probe.Check][]string{}
	for _, c := range s.Checks {
		of[c.ready] = append(of[c.ready], c.Name)
	}
	if shared := of[s.Checks[0].ready]; len(of) != 4 || len(shared) != 2 || s.Checks[1].ready != s.Checks[0].ready {
		t.Errorf("%d checks were made, and a's is that of %q", len(of), shared)
	}
}
