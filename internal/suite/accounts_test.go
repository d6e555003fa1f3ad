package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mailprobe/delivery"
	"mailprobe/probe"
)

const threeAccounts = `
accounts:
  home: {address: alice@example.org, via: submission://alice@mx1.example.org, via_password_env: A, fetch: imaps://alice@imap.example.org, fetch_password_env: A, junk: Junk}
  work: {address: bob@example.net, via: submission://bob@mx.example.net, via_password_env: B, fetch: pop3s://bob@pop.example.net, fetch_password_env: B}
  list: {address: news@example.com, via: smtp://mx.example.com}
`

func delivering() []probe.Kind { return append(reporting(nil).kinds(), delivery.Kind()) }

// A check that names accounts is one from each to each other.
func TestAccounts(t *testing.T) {
	s, problems := Parse("checks.yaml", []byte(threeAccounts+`
groups: {mail: {every: 10m, deliver: {timeout: 3m}}}
checks:
  - {name: way, kind: deliver, group: mail, accounts: [home, work], size: 1kB, tags: [m]}
  - {name: every, kind: deliver, accounts: all}
  - {name: self, kind: deliver, accounts: home, to_self: true, junk: Spam}
`), delivering())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	var names []string
	options := map[string]string{}
	for _, c := range s.Checks {
		names = append(names, c.Name)
		for _, o := range c.options {
			options[c.Name] += o.Name + "=" + o.Text + " "
		}
	}
	if want := []string{"way: home > work", "way: work > home", "every: home > work", "every: work > home", "every: list > home", "every: list > work", "self: home > home"}; !slices.Equal(names, want) {
		t.Errorf("the checks are %q", names)
	}
	for name, want := range map[string]string{
		"way: home > work":   "timeout=3m from=alice@example.org via=submission://alice@mx1.example.org via-password-env=A to=bob@example.net fetch=pop3s://bob@pop.example.net fetch-password-env=B size=1kB ",
		"every: list > home": "from=news@example.com via=smtp://mx.example.com to=alice@example.org fetch=imaps://alice@imap.example.org fetch-password-env=A junk=Junk ",
		"self: home > home":  "from=alice@example.org via=submission://alice@mx1.example.org via-password-env=A to=alice@example.org fetch=imaps://alice@imap.example.org fetch-password-env=A junk=Spam ",
	} {
		if options[name] != want {
			t.Errorf("%s has\n%q, want\n%q", name, options[name], want)
		}
	}
	way := 0
	for _, i := range s.Items() {
		if i.Is("way") {
			way++
		}
	}
	if way != 2 || s.Checks[0].Every.Minutes() != 10 {
		t.Errorf("%d checks are called way, every %s", way, s.Checks[0].Every)
	}
}

// Every mistake is one line, where it stands.
func TestAccountErrors(t *testing.T) {
	for text, want := range map[string]string{
		"checks: [{name: a, kind: deliver, accounts: [home, wrok]}]":                                   `there is no account "wrok"`,
		"checks: [{name: a, kind: deliver, accounts: [home, home]}]":                                   "account home is here twice",
		"checks: [{name: a, kind: deliver, accounts: [home]}]":                                         "no pair is left",
		"checks: [{name: a, kind: deliver, accounts: [list, list2]}]":                                  `there is no account "list2"`,
		"checks: [{name: a, kind: fake, target: x, accounts: all}]":                                    "accounts are for checks of kind deliver",
		"checks: [{name: a, kind: deliver, accounts: all, sizze: 1}]":                                  "sizze",
		"checks: [{name: a, kind: deliver, accounts: all, size: much}]":                                "much",
		"checks: [{name: 'a', kind: deliver, accounts: all}, {name: a, kind: deliver, accounts: all}]": "a name is unique",
	} {
		_, problems := Parse("checks.yaml", []byte(threeAccounts+text), delivering())
		errs := problems.Errors()
		if len(errs) == 0 || !strings.Contains(errs[0].Text, want) || errs[0].Line == 0 {
			t.Errorf("%s: %v", text, errs)
		}
		if len(errs) > 1 && !strings.Contains(want, "unique") {
			t.Errorf("%s: %d errors: %v", text, len(errs), errs)
		}
	}
	for text, want := range map[string]string{
		"accounts: {a: {via: smtp://x}}":                        "account a has no address",
		"accounts: {a: {address: a@b}}":                         "account a has neither via",
		"accounts: {a: {address: a@b, via: smtp://x, size: 1}}": "size",
		"accounts: {all: {address: a@b, via: smtp://x}}":        `"all" cannot be the name`,
		"accounts: [a]":    "accounts is no mapping",
		"accounts: {a: b}": "account a is a mapping",
	} {
		_, problems := Parse("checks.yaml", []byte(text+"\nchecks: [{name: a, kind: fake, target: x}]"), delivering())
		if errs := problems.Errors(); len(errs) != 1 || !strings.Contains(errs[0].Text, want) {
			t.Errorf("%s: %v", text, errs)
		}
	}
	_, problems := Parse("checks.yaml", []byte("checks: [{name: a, kind: deliver, accounts: all}]"), delivering())
	if errs := problems.Errors(); len(errs) != 1 || !strings.Contains(errs[0].Text, "the file has no accounts") {
		t.Errorf("without accounts: %v", errs)
	}
}

// TestAccountLimit: the pairs of one check are bounded.
func TestAccountLimit(t *testing.T) {
	for n, want := range map[int]string{20: "", 21: "21 accounts make 420 pairs; at most 400 are possible in a check"} {
		text := "checks: [{name: a, kind: deliver, accounts: all}]\naccounts:\n"
		for i := range n {
			text += fmt.Sprintf("  a%d: {address: a%[1]d@example.org, via: smtp://mx.example.org, fetch: imaps://imap.example.org}\n", i)
		}
		s, problems := Parse("checks.yaml", []byte(text), delivering())
		switch found := fmt.Sprint(problems.Errors()); {
		case want == "" && (len(problems.Errors()) > 0 || len(s.Checks) != n*(n-1)):
			t.Errorf("%d accounts: %s", n, found)
		case !strings.Contains(found, want):
			t.Errorf("%d accounts: %s, want %s", n, found, want)
		}
	}
}
