package agent

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/imapcheck"
	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

func testKinds() []probe.Kind { return []probe.Kind{smtpcheck.Kind(), imapcheck.Kind()} }

const goodConfig = `join: tls://centre.example.org:4222
token_file: fra.token
allow:
  kinds: [smtp]
  networks: [public, 10.0.0.0/8, 2001:db8::25]
  ports: [25, 2000-2100]
  rate: 5
  rate_per_host: 0.5
credentials:
  WATCH: {file: watch.pw, hosts: [mail.example.org]}
test_hosts: [mx1.example.org, "mx2.example.org:2525", "[2001:db8::25]:25", 2001:db8::26]
`

func TestParseConfig(t *testing.T) {
	c, problems := ParseConfig("/etc/mailprobe/agent.yaml", []byte(goodConfig), testKinds())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if c.Join != "tls://centre.example.org:4222" || c.TokenFile != "/etc/mailprobe/fra.token" || c.Credentials["WATCH"].File != "/etc/mailprobe/watch.pw" {
		t.Errorf("%+v", c)
	}
	if got := strings.Join(c.TestHosts, " "); got != "mx1.example.org:25 mx2.example.org:2525 [2001:db8::25]:25 [2001:db8::26]:25" {
		t.Errorf("the test hosts are %s", got)
	}
	if r := c.Rules; r.Rate != 5 || r.HostRate != 0.5 || !r.Public || len(r.Networks) != 2 || len(r.Kinds) != 1 || len(r.Ports) != 2 {
		t.Errorf("%+v", r)
	}
}

func TestParseConfigFaults(t *testing.T) {
	for text, says := range map[string]string{
		"join: [1]":                                     "single value",
		"jion: tls://x":                                 "join",
		"allow: {kinds: [smpt]}":                        "smtp",
		"allow: {kinds: []}":                            "permits nothing",
		"allow: {networks: [10.0.0.1/8]}":               "10.0.0.0/8 would be the range",
		"allow: {networks: [private]}":                  "is no range of addresses",
		"allow: {networks: ['::ffff:10.0.0.0/104']}":    "is no range",
		"allow: {ports: [0]}":                           "no port from 1",
		"allow: {ports: [30-20]}":                       "no port from 1",
		"allow: {ports: [smtp]}":                        "no port from 1",
		"allow: {rate: 0}":                              "from 0.001",
		"allow: {rate: NaN}":                            "from 0.001",
		"allow: {rate_per_host: -1}":                    "from 0.001",
		"credentials: {A: {file: x}}":                   "has no hosts",
		"credentials: {A: {hosts: [x]}}":                "either file: or env:",
		"credentials: {A: {file: x, env: X, hosts: x}}": "either file: or env:",
		"credentials: {A: {command: x, hosts: x}}":      "has no key \"command\"",
		"test_hosts: ['mx:smtp']":                       "is not HOST",
		"test_hosts: ['http://mx/']":                    "is not HOST",
		"- a list":                                      "no mapping",
		"\x00":                                          "no text in UTF-8",
	} {
		_, problems := ParseConfig("agent.yaml", []byte(text), testKinds())
		if errs := problems.Errors(); len(errs) == 0 || !strings.Contains(errs.Error(), says) {
			t.Errorf("%q: %v; want %q", text, errs, says)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(goodConfig))
	f.Add([]byte("allow: {networks: [::/0], ports: [1-65535], rate: 1e3}\ncredentials: {A: {env: HOME, hosts: a}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, problems := ParseConfig("agent.yaml", text, testKinds())
		if len(problems.Errors()) > 0 {
			return
		}
		if r := c.Rules; r.Rate <= 0 || r.HostRate <= 0 || len(r.Kinds) == 0 || len(r.Ports) == 0 || !r.Public && len(r.Networks) == 0 {
			t.Errorf("%q: %+v", text, r)
		}
		for name, s := range c.Credentials {
			if len(s.Hosts) == 0 {
				t.Errorf("%q: %s may be sent anywhere", text, name)
			}
		}
	})
}

// TestLoadConfig: without a file the defaults hold, and a file that is named must be there.
func TestLoadConfig(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "agent.yaml")
	if _, err := LoadConfig(missing, testKinds()); err == nil {
		t.Error("a file that is not there is read")
	}
	c, err := loadConfig(missing, false, testKinds())
	if err != nil || !c.Rules.Public || len(c.Rules.Kinds) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestRules: what may be sent where, by the address that is used.
func TestRules(t *testing.T) {
	c, _ := ParseConfig("agent.yaml", []byte(goodConfig), testKinds())
	public := defaultRules(testKinds())
	for _, tt := range []struct {
		rules *Rules
		to    string
		is    bool
	}{
		{&public, "8.8.8.8:25", true}, {&public, "8.8.8.8:26", false}, {&public, "[2a00::1]:993", true}, {&public, "[2a00::1]:0", true},
		{&public, "127.0.0.1:25", false}, {&public, "[::1]:25", false}, {&public, "10.1.2.3:25", false}, {&public, "169.254.169.254:443", false},
		{&public, "[::ffff:127.0.0.1]:25", false}, {&public, "[::ffff:8.8.8.8]:25", true}, {&public, "[::127.0.0.1]:25", false},
		{&public, "[64:ff9b::7f00:1]:25", false}, {&public, "[64:ff9b::808:808]:25", true}, {&public, "[64:ff9b::a00:1]:25", false},
		{&public, "[2002:7f00:1::]:25", false}, {&public, "[fe80::1%25eth0]:25", false}, {&public, "[fd00::1]:25", false},
		{&public, "0.0.0.0:25", false}, {&public, "100.64.0.1:25", false}, {&public, "224.0.0.1:25", false}, {&public, "255.255.255.255:25", false},
		{&public, "[2001:db8::1]:25", false}, {&public, "[ff02::1]:25", false}, {&public, "[64:ff9b:1::1]:25", false},
		{&c.Rules, "10.1.2.3:2050", true}, {&c.Rules, "10.1.2.3:143", false}, {&c.Rules, "[64:ff9b::a01:203]:25", true},
		{&c.Rules, "[2001:db8::25]:25", true}, {&c.Rules, "[2001:db8::26]:25", false}, {&c.Rules, "11.0.0.1:25", true},
	} {
		to, err := netip.ParseAddrPort(strings.Replace(tt.to, "%25", "%", 1))
		if err != nil {
			t.Fatal(err)
		}
		err = tt.rules.permit(to)
		if (err == nil) != tt.is {
			t.Errorf("%s: %v", tt.to, err)
		}
		if f, ok := err.(*probe.Failure); err != nil && (!ok || !f.Cause.Is(suite.CauseNotAllowed) || f.Cause.Status != probe.Unknown) {
			t.Errorf("%s: %v is no failure of that cause", tt.to, err)
		}
	}
}

// TestCredentialHosts: a secret of the owner's goes to his hosts alone, and by no check that
// could hand it to others.
func TestCredentialHosts(t *testing.T) {
	own := Source{Hosts: []string{"mail.example.org", "Other.example.org."}}
	for _, tt := range []struct {
		host, option, text string
		is                 bool
	}{
		{"mail.example.org", "", "", true}, {"other.example.org", "tls", "require", true}, {"mail.example.org", "insecure", "false", true},
		{"evil.example.org", "", "", false}, {"", "", "", false}, {"mail.example.org", "insecure", "true", false},
		{"mail.example.org", "resolver", "203.0.113.53", false}, {"mail.example.org", "auth-without-tls", "true", false},
		{"mail.example.org", "via-insecure", "1", false}, {"mail.example.org", "fetch-server-name", "evil.example.org", false},
		{"mail.example.org", "mx", "true", false},
	} {
		err := own.permits(tt.host, settings.Values{{Name: tt.option, Text: tt.text}})
		if (err == nil) != tt.is {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}
