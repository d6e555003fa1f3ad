package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mailprobe/policy"
)

// config is a configuration with servers in it.
func config(servers string) string {
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"example.org\"><domain>example.org</domain>\n" +
		servers + "\n</emailProvider></clientConfig>"
}

// server is an element of a configuration.
func server(element, kind, host, port, socket string) string {
	return fmt.Sprintf("<%s type=%q><hostname>%s</hostname><port>%s</port><socketType>%s</socketType></%[1]s>\n", element, kind, host, port, socket)
}

func TestAutoconfig(t *testing.T) {
	imap := server("incomingServer", "imap", "imap.example.org", "993", "SSL")
	for name, c := range map[string]struct {
		text string
		want []string
		err  string
	}{
		"all": {text: config(imap + server("incomingServer", "pop3", "POP.%EMAILDOMAIN%.", " 110 ", "STARTTLS") + server("outgoingServer", "smtp", "smtp.example.org", "587", "plain")),
			want: []string{"imap imap.example.org:993 SSL _imaps", "pop3 pop.example.org:110 STARTTLS _pop3", "smtp smtp.example.org:587 plain "}},
		"others":        {text: config(server("incomingServer", "exchange", "", "", "") + server("incomingServer", "imap", "%EMAILLOCALPART%.example.org", "993", "SSL"))},
		"latin1":        {text: strings.Replace(config("<displayName>B\xfcro</displayName>"+imap), "UTF-8", "iso-8859-1", 1), want: []string{"imap imap.example.org:993 SSL _imaps"}},
		"namespace":     {text: strings.Replace(config(imap), "<clientConfig", `<clientConfig xmlns="urn:x"`, 1), want: []string{"imap imap.example.org:993 SSL _imaps"}},
		"entity":        {text: strings.Replace(config(imap), "imap.example.org", "&x;", 1), err: "line 3: invalid character entity &x;"},
		"declared":      {text: "<!DOCTYPE c [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>" + strings.Replace(config(imap), "imap.example.org", "&x;", 1)[39:], err: "invalid character entity &x;"},
		"cut":           {text: config(imap)[:200], err: "line 3: unexpected EOF"},
		"not UTF-8":     {text: config("<displayName>B\xfcro</displayName>" + imap), err: "invalid UTF-8"},
		"another":       {text: "<html/>", err: "the XML is not valid"},
		"empty":         {text: "", err: "the XML is not valid"},
		"none":          {text: config(server("outgoingServer", "smtp", "a.example.org", "25", "plain")), err: "no incomingServer"},
		"many":          {text: config(strings.Repeat(imap, 33)), err: "33 servers, more than 32"},
		"long":          {text: config(imap + strings.Repeat(" ", 64<<10)), err: "longer than 65536 bytes"},
		"bad host":      {text: config(server("incomingServer", "imap", "imap example.org", "993", "SSL")), err: `the hostname "imap example.org" is none`},
		"no host":       {text: config(server("incomingServer", "imap", "", "993", "SSL")), err: `the hostname "" is none`},
		"port 0":        {text: config(server("incomingServer", "imap", "a.example.org", "0", "SSL")), err: `the port "0"`},
		"port too high": {text: config(server("incomingServer", "imap", "a.example.org", "65536", "SSL")), err: `the port "65536"`},
		"TLS":           {text: config(server("incomingServer", "imap", "a.example.org", "993", "TLS")), err: `the socketType "TLS"`},
	} {
		servers, err := policy.ParseAutoconfig([]byte(c.text), "example.org")
		var got []string
		for _, m := range servers {
			got = append(got, m.String()+" "+m.Service())
		}
		if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q %v; want %q %s", name, got, err, c.want, c.err)
		}
	}
}

// FuzzAutoconfig: what is read of a configuration are names and ports.
func FuzzAutoconfig(f *testing.F) {
	f.Add(config(server("incomingServer", "imap", "imap.%EMAILDOMAIN%", "993", "SSL")))
	f.Add("<!DOCTYPE a [<!ENTITY b \"c\">]><clientConfig>&b;</clientConfig>")
	f.Fuzz(func(t *testing.T, text string) {
		servers, err := policy.ParseAutoconfig([]byte(text), "example.org")
		if err != nil && len(servers) > 0 {
			t.Errorf("%q: servers and %v", text, err)
		}
		for _, m := range servers {
			if m.Port == 0 || m.Host == "" || strings.ContainsAny(m.String(), "\n%<>&\"") || strings.Count(m.String(), " ") != 2 {
				t.Errorf("%q: %q", text, m)
			}
		}
	})
}
