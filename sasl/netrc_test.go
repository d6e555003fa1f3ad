package sasl

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/wire"
)

func TestNetrc(t *testing.T) {
	const file = "# machine mx.example.org login nobody password none\r\n" +
		"macdef init\n\tmachine mx.example.org login macro password none\n\n" +
		`machine mx.example.org login alice account "the \"old\" one" password "won\"der land" # hers
machine MX.example.org
	login bob
	password #builder\n
machine pop.example.org port 995 user "a b" password "\n\r\t\\\x"
machine imap.example.org password secret
machine smtp.example.org login alice
default login anonymous password guest
`
	entries, err := parseNetrc(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ host, user, login, password string }{
		{"mx.example.org", "", "alice", `won"der land`},
		{"mx.example.org", "alice", "alice", `won"der land`},
		{"mx.example.org", "bob", "bob", `#builder\n`},
		{"mx.example.org", "carol", "", ""},
		{"mx.example.org", "anonymous", "anonymous", "guest"},
		{"pop.example.org", "", "a b", "\n\r\t\\x"},
		{"imap.example.org", "alice", "", "secret"},
		{"smtp.example.org", "alice", "", ""},
		{"www.example.org", "", "anonymous", "guest"},
	} {
		entry := netrcLogin(entries, test.host, test.user)
		if entry == nil {
			entry = &netrcEntry{}
		}
		if entry.login != test.login || entry.password.Reveal() != test.password {
			t.Errorf("%s at %s: %q, %q", test.user, test.host, entry.login, entry.password.Reveal())
		}
	}
}

func TestNetrcErrors(t *testing.T) {
	for text, want := range map[string]string{
		"machine a\nlogin":                          "line 2: there is nothing after login",
		"machine a login b\npassword \"hunter2\n\n": "line 2: a quotation mark is not closed",
		"login a password hunter2":                  "line 1: login comes before any machine",
		"machine a login b password hunter2 and 3":  "line 1: a word here is none of machine, ",
	} {
		entries, err := parseNetrc(text)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, %v", text, entries, err)
		}
	}
}

// FuzzNetrc: nothing breaks the parser, and what it reads it reads again when it is
// written in quotation marks.
func FuzzNetrc(f *testing.F) {
	f.Add("machine a login b password c\ndefault login d password \"e f\"\n")
	f.Add("macdef x\n\n\nmachine a # b\naccount \"")
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := parseNetrc(text)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, e := range entries {
			fmt.Fprintf(&b, `machine "%s" login "%s" password "%s"`+"\n", quote.Replace(e.host), quote.Replace(e.login), quote.Replace(e.password.Reveal()))
		}
		again, err := parseNetrc(b.String())
		if err != nil || len(again) != len(entries) {
			t.Fatalf("%v: %q", err, b.String())
		}
		for i, e := range again {
			if wire.Secret(e.password) != entries[i].password || e.host != entries[i].host || e.login != entries[i].login {
				t.Errorf("%q", b.String())
			}
		}
	})
}
