package suite

import (
	"errors"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// TestAllowed holds patterns against targets: what is meant, and what only looks like it.
func TestAllowed(t *testing.T) {
	kind := smtpcheck.Kind()
	for _, c := range []struct{ pattern, yes, no string }{
		{"mail.example.org", "mail.example.org MAIL.example.org. mail.example.org:25 mail.example.org:465 mail.example.org:587 smtps://mail.example.org submissions://mail.example.org",
			"mail.example.org:2525 mail.example.org.evil.test evilmail.example.org xmail.example.org sub.mail.example.org example.org smtp://mail.example.org:465 smtps://mail.example.org:25 192.0.2.1"},
		{"mail.example.org:2525", "mail.example.org:2525 smtp://mail.example.org:2525", "mail.example.org mail.example.org:25 smtps://mail.example.org:2525"},
		{"mail.example.org:465", "mail.example.org:465 smtps://mail.example.org", "smtp://mail.example.org:465 mail.example.org"},
		{"smtps://mail.example.org", "smtps://mail.example.org mail.example.org:465", "mail.example.org smtp://mail.example.org:465"},
		{"*.example.org", "mail.example.org a.b.example.org MX.EXAMPLE.ORG", "example.org example.org. evilexample.org mail.example.org.evil.test mail.example.org:26"},
		{"*.example.org:26", "mail.example.org:26", "mail.example.org"},
		{"smtps://*.example.org:26", "smtps://mail.example.org:26", "mail.example.org:26 smtps://mail.example.org smtps://example.org:26"},
		{"192.0.2.0/24", "192.0.2.1 [::ffff:192.0.2.1] 192.0.2.1:587", "192.0.3.1 192.0.2.1:26 a192.0.2.1 mail.example.org"},
		{"2001:db8::/32", "2001:db8::1 [2001:db8::1]:25", "2001:db9::1 fe80::1 ::ffff:192.0.2.1"},
		{"fe80::/10", "fe80::1", "fe80::1%eth0"},
		{"192.0.2.1", "192.0.2.1 ::ffff:192.0.2.1", "192.0.2.10 192.0.2.1.example.org"},
		{"[2001:db8::1]:2525", "[2001:DB8::1]:2525", "2001:db8::1 [2001:db8::2]:2525"},
		{"bücher.example", "xn--bcher-kva.example BÜCHER.example", "bucher.example"},
	} {
		a, err := ParseAllowed(kind, c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		for want, targets := range map[bool]string{true: c.yes, false: c.no} {
			for _, text := range strings.Fields(targets) {
				target, err := kind.ParseTarget(text)
				if err != nil {
					t.Errorf("%s: %v", text, err)
				} else if got := a.Includes(target); got != want {
					t.Errorf("%s includes %s: %v, want %v", c.pattern, text, got, want)
				}
			}
		}
	}
}

// TestModuleTarget: a target sets no user and no option, and outside of the list there is
// no module.
func TestModuleTarget(t *testing.T) {
	t.Setenv("SECRET", "hunter2")
	s := (&fake{}).parse(t, `modules: {login: {kind: smtp, user: alice, password_env: SECRET, helo: "${SECRET}", targets: [mail.example.org]}, free: {kind: smtp}}`)
	if m := s.Modules[0]; !m.Credentials || s.Modules[1].Credentials {
		t.Errorf("credentials: %v and %v", m.Credentials, s.Modules[1].Credentials)
	}
	for target, want := range map[string]string{
		"mail.example.org": "", "other.example.org": "is not among", "alice@mail.example.org": "names a user",
		"mail.example.org@other.example.org": "names a user", "smtp://bob:x@mail.example.org": "password", "": "empty", "a b": "space",
	} {
		_, err := s.Modules[0].Target(target)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", target, err, want)
		}
		if errors.Is(err, ErrNotAllowed) != (want == "is not among") {
			t.Errorf("%q: %v", target, err)
		}
	}
	if _, err := s.Modules[1].Target("bob@mail.example.org"); err == nil {
		t.Error("a free module takes a user")
	}
	want := "login:\n  kind: smtp\n  user: alice\n  password_env: SECRET\n  helo: \"${SECRET}\"\n  targets:\n    - mail.example.org\n"
	if got := s.Modules[0].String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestModuleNew: options are set, and the server's name where the module leaves it open.
func TestModuleNew(t *testing.T) {
	s := (&fake{}).parse(t, `modules: {own: {kind: smtp, server_name: own.test, timeout: 3s}, open: {kind: smtp}, none: {kind: fake}}`)
	for i, want := range []string{"own.test", "asked.test", ""} {
		c, err := s.Modules[i].New("asked.test")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if o := probe.FindOption(c.Declared, "server-name"); o != nil {
			got = o.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", s.Modules[i].Name, got, want)
		}
	}
}

// TestBuiltIn: there is a module for each kind that takes a target, and those blackbox_exporter's users know.
func TestBuiltIn(t *testing.T) {
	var names []string
	for _, m := range BuiltIn((&fake{}).kinds()) {
		names = append(names, m.Name)
		if m.Credentials || len(m.Allowed) > 0 {
			t.Errorf("%s has credentials", m.Name)
		}
		if _, err := m.New(""); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
	if got := strings.Join(names, " "); got != "smtp fake smtp_starttls" {
		t.Error(got)
	}
}

// FuzzAllowed: a pattern that is a target includes it, and no pattern includes what it does
// not end with.
func FuzzAllowed(f *testing.F) {
	for _, s := range []string{"mail.example.org", "*.example.org", "192.0.2.0/24", "smtps://*.example.org:26", "[2001:db8::1]:25"} {
		f.Add(s, "mail.example.org")
	}
	kind := smtpcheck.Kind()
	f.Fuzz(func(t *testing.T, pattern, text string) {
		a, err := ParseAllowed(kind, pattern)
		if err != nil {
			return
		}
		if target, err := kind.ParseTarget(pattern); err == nil && !a.Includes(target) {
			t.Errorf("%q does not include itself", pattern)
		}
		target, err := kind.ParseTarget(text)
		if err != nil || !a.Includes(target) || a.prefix.IsValid() {
			return
		}
		if !strings.HasSuffix(nameOf(target.Host), strings.TrimPrefix(a.host, ".")) {
			t.Errorf("%q includes %q", pattern, text)
		}
	})
}
