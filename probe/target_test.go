package probe

import (
	"net/netip"
	"strings"
	"testing"
)

func smtpKind() Kind {
	return Kind{Name: "smtp", Schemes: []Scheme{
		{Name: "smtp", Port: 25}, {Name: "submission", Port: 587}, {Name: "smtps", Port: 465, TLS: true},
		{Name: "submissions", Port: 465, TLS: true}, {Name: "lmtp", Port: 24},
	}}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]Target{
		"mx.example.org":               {Host: "mx.example.org", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"mx.example.org.":              {Host: "mx.example.org.", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"mx":                           {Host: "mx", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"mx:2525":                      {Host: "mx", Port: 2525, Scheme: Scheme{Name: "smtp"}},
		"mx:587":                       {Host: "mx", Port: 587, Scheme: Scheme{Name: "submission"}},
		"mx:465":                       {Host: "mx", Port: 465, Scheme: Scheme{Name: "smtps", TLS: true}},
		"192.0.2.1":                    {Host: "192.0.2.1", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"192.0.2.1:65535":              {Host: "192.0.2.1", Port: 65535, Scheme: Scheme{Name: "smtp"}},
		"[192.0.2.1]":                  {Host: "192.0.2.1", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"2001:db8::1":                  {Host: "2001:db8::1", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"[2001:DB8:0::1]":              {Host: "2001:db8::1", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"[2001:db8::1]:24":             {Host: "2001:db8::1", Port: 24, Scheme: Scheme{Name: "lmtp"}},
		"::ffff:192.0.2.1":             {Host: "192.0.2.1", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"fe80::1%eth0":                 {Host: "fe80::1%eth0", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"[fe80::1%eth0]:26":            {Host: "fe80::1%eth0", Port: 26, Scheme: Scheme{Name: "smtp"}},
		"smtp://[fe80::1%25eth0]:26/":  {Host: "fe80::1%eth0", Port: 26, Scheme: Scheme{Name: "smtp"}},
		"smtp://mx":                    {Host: "mx", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"SMTPS://MX.Example.ORG/":      {Host: "mx.example.org", Port: 465, Scheme: Scheme{Name: "smtps", TLS: true}},
		"submission://mx":              {Host: "mx", Port: 587, Scheme: Scheme{Name: "submission"}},
		"submissions://mx":             {Host: "mx", Port: 465, Scheme: Scheme{Name: "submissions", TLS: true}},
		"lmtp://[::1]":                 {Host: "::1", Port: 24, Scheme: Scheme{Name: "lmtp"}},
		"smtps://mx:25":                {Host: "mx", Port: 25, Scheme: Scheme{Name: "smtps", TLS: true}},
		"ann@mx":                       {Host: "mx", Port: 25, User: "ann", Scheme: Scheme{Name: "smtp"}},
		"ann@example.org@mx:587":       {Host: "mx", Port: 587, User: "ann@example.org", Scheme: Scheme{Name: "submission"}},
		"smtp://ann%40example.org@mx":  {Host: "mx", Port: 25, User: "ann@example.org", Scheme: Scheme{Name: "smtp"}},
		"smtp://a%3ab@mx":              {Host: "mx", Port: 25, User: "a:b", Scheme: Scheme{Name: "smtp"}},
		"@mx":                          {Host: "mx", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"grüße.example":                {Host: "xn--gre-6ka8l.example", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"GRÜSSE.example:25":            {Host: "xn--grsse-lva.example", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"例え。テスト":                       {Host: "xn--r8jz45g.xn--zckzah", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"_mta-sts.example.org":         {Host: "_mta-sts.example.org", Port: 25, Scheme: Scheme{Name: "smtp"}},
		"1and1.example":                {Host: "1and1.example", Port: 25, Scheme: Scheme{Name: "smtp"}},
		strings.Repeat("a", 63) + ".b": {Host: strings.Repeat("a", 63) + ".b", Port: 25, Scheme: Scheme{Name: "smtp"}},
	} {
		got, err := smtpKind().ParseTarget(text)
		want.Text, got.Scheme.Port = text, 0
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v\nwant %+v", text, got, err, want)
		}
	}
}

func TestBadTargets(t *testing.T) {
	for text, says := range map[string]string{
		"":                              "the target is empty",
		" mx":                           "a space or a control character",
		"m x":                           "a space or a control character",
		"mx\x1b[2J":                     "a space or a control character",
		"mx\r\nQUIT":                    "a space or a control character",
		"mx\x00":                        "a space or a control character",
		strings.Repeat("a.", 600):       "no host name is that long",
		strings.Repeat("a.", 130) + "a": "neither a host name",
		strings.Repeat("a", 64):         "neither a host name",
		"mx:":                           `port ""; a port is a number from 1 to 65535`,
		"mx:0":                          "a port is a number",
		"mx:65536":                      "a port is a number",
		"mx:-25":                        "a port is a number",
		"mx:+25":                        "a port is a number",
		"mx:smtp":                       "a port is a number",
		"mx:99999999999999999999":       "a port is a number",
		":25":                           "neither a host name",
		"mx:25:25":                      "is not HOST, HOST:PORT or [IPv6]:PORT",
		"[::1":                          "is not HOST",
		"::1]":                          "is not HOST",
		"[::1]25":                       "is not HOST",
		"[mx]":                          "is not an IP address",
		"[::1]]:25":                     "",
		"[]":                            "is not an IP address",
		"1.2.3":                         "neither a host name",
		"1.2.3.4.5":                     "neither a host name",
		"256.1.1.1":                     "neither a host name",
		"１２７.0.0.256":                   "neither a host name",
		"a..b":                          "neither a host name",
		".":                             "neither a host name",
		".a":                            "neither a host name",
		"a$b":                           "neither a host name",
		"mx|rm":                         "neither a host name",
		"\xff\xfe":                      "is not UTF-8",
		"xn--\x80":                      "is not UTF-8",
		"::1%]":                         "is not HOST",
		"fe80::1%a/b":                   "has a path",
		"℀.example":                     "neither a host name",
		"ann@":                          "neither a host name",
		"a%zz@mx":                       "not percent-encoded",
		"a%0d%0aQUIT@mx":                "not percent-encoded",
		"imap://mx":                     `smtp does not take "imap://"; it takes smtp:// submission://`,
		"://mx":                         "smtp does not take",
		"smtp://":                       "neither a host name",
		"smtp://mx/inbox":               "has a path",
		"mx?x=y":                        "has a path",
		"smtp://mx#x":                   "has a path",
		"smtp://smtp://mx":              "",
		"fe80::1%":                      "is not HOST",
	} {
		got, err := smtpKind().ParseTarget(text)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, error %v; want %q", text, got, err, says)
		}
	}
}

// TestPasswordInTarget: it is refused, with the way to give it, and not shown.
func TestPasswordInTarget(t *testing.T) {
	for _, text := range []string{
		"smtp://ann:hunter2@mx", "ann:hunter2@mx", "smtp://:hunter2@mx", "smtp://ann:hunter2@mx:99999", "ann:hunter2@m x",
		"ann:hunter2@", "imap://ann:hunter2@mx", "ann:hunter2@mx/path", "ann:hunt@hunter2@mx", "ann:hunter2://x@mx",
		"smtp://ann:hunter2\r\n@mx", "ann:hunter2@" + strings.Repeat("x", 2000), "ann@example.org:hunter2@mx",
	} {
		_, err := smtpKind().ParseTarget(text)
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "--password-file") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTargetWithoutPort(t *testing.T) {
	ping := Kind{Name: "ping"}
	for _, text := range []string{"mx", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "fe80::1%eth0"} {
		if got, err := ping.ParseTarget(text); err != nil || got.Port != 0 || got.Host != strings.Trim(text, "[]") {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{"mx:25": "ping takes no port", "smtp://mx": "is a URL; ping takes a host name or an IP address"} {
		if _, err := ping.ParseTarget(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAt(t *testing.T) {
	v4, v6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	mx := Target{Text: "smtp://mx", Host: "mx", Port: 25}
	for _, c := range []struct {
		target Target
		addr   netip.Addr
		text   string
		dial   string
	}{
		{mx, v4, "mx[192.0.2.1]:25", "192.0.2.1:25"},
		{mx, v6, "mx[2001:db8::1]:25", "[2001:db8::1]:25"},
		{Target{Text: "mx", Host: "mx"}, v4, "mx[192.0.2.1]", "192.0.2.1:0"},
		{Target{Text: "192.0.2.1", Host: "192.0.2.1", Port: 25}, v4, "192.0.2.1", "192.0.2.1:25"},
	} {
		got := c.target.At(c.addr)
		if got.Text != c.text || got.Addr != c.addr || got.AddrPort(c.addr) != c.dial {
			t.Errorf("%+v, to be dialled as %s", got, got.AddrPort(c.addr))
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"mx:25", "[::1]:25", "smtp://ann@mx/", "fe80::1%eth0", "grüße.example", "a:b@c", "smtp://[fe80::1%25x]", "::%."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := smtpKind().ParseTarget(text)
		if err != nil {
			return
		}
		if target.Host == "" || target.Port == 0 || target.Scheme.Name == "" {
			t.Errorf("%q: %+v", text, target)
		}
		if strings.ContainsAny(target.Host, " \r\n\x00/@[]?#\x1b") || strings.ContainsAny(target.User, "\r\n\x00") {
			t.Errorf("%q: %+v", text, target)
		}
		if _, err := netip.ParseAddr(target.Host); err != nil && !isHostName(strings.TrimSuffix(target.Host, ".")) {
			t.Errorf("%q: %+v", text, target)
		}
		canonical := target.Canonical()
		if len(canonical) > maxTarget {
			return
		}
		if again, err := smtpKind().ParseTarget(canonical); err != nil || again.Canonical() != canonical || again.User != target.User || again.Port != target.Port {
			t.Errorf("%q: %s is read as %+v, %v", text, canonical, again, err)
		}
	})
}
