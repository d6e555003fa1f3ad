package domain_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// settings is a configuration of mail programs with an IMAP and an SMTP server.
func settings(imap, smtp string) string {
	element := func(name, kind, server string) string {
		var host, port, socket string
		_, _ = fmt.Sscan(server, &host, &port, &socket)
		return fmt.Sprintf("<%s type=%q><hostname>%s</hostname><port>%s</port><socketType>%s</socketType></%[1]s>", name, kind, host, port, socket)
	}
	return `<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="x">` + element("incomingServer", "imap", imap) +
		element("outgoingServer", "smtp", smtp) + "</emailProvider></clientConfig>"
}

// webPages are what a web server answers, by host and path; a text that begins with an
// arrow is a redirect.
type webPages map[string]string

func (pages webPages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page, ok := pages[r.Host+r.URL.Path]
	switch to, moved := strings.CutPrefix(page, "-> "); {
	case !ok:
		http.NotFound(w, r)
	case moved:
		http.Redirect(w, r, to, http.StatusFound)
	case strings.Contains(r.URL.Path, "config-v1.1") && r.URL.Query().Get("emailaddress") != "postmaster@"+strings.TrimPrefix(r.Host, "autoconfig.") && r.Host != "elsewhere.net":
		http.Error(w, "for whom?", http.StatusBadRequest)
	default:
		w.Header().Set("Content-Type", map[bool]string{true: "text/plain", false: "text/xml"}[strings.HasSuffix(r.URL.Path, ".txt")])
		fmt.Fprint(w, page)
	}
}

const (
	configPath    = "/mail/config-v1.1.xml"
	wellKnownPath = "/.well-known/autoconfig/mail/config-v1.1.xml"
	discoverPath  = "/autodiscover/autodiscover.xml"
)

// TestAutoconfig: .1 is a web server with a good certificate, .2 one by HTTP and HTTPS
// with a certificate for other names, .3 refuses connections, .9 is silent.
func TestAutoconfig(t *testing.T) {
	const ok, warning, unknown, skipped = probe.OK, probe.Warning, probe.Unknown, probe.Skipped
	good := settings("imap.hosts.net 993 SSL", "smtp.hosts.net 587 STARTTLS")
	pages := webPages{
		"autoconfig.good.org" + configPath:           good,
		"known.org" + wellKnownPath:                  good,
		"catchall.org" + wellKnownPath:               "<html>Welcome</html>",
		"autoconfig.moved.org" + configPath:          "-> https://elsewhere.net/c.xml",
		"elsewhere.net/c.xml":                        good,
		"autoconfig.circle.org" + configPath:         "-> https://autoconfig.circle.org" + configPath + "?emailaddress=postmaster@circle.org",
		"autoconfig.broken.org" + configPath:         "<clientConfig><emailProvider>",
		"autoconfig.dead.org" + configPath:           settings("dead.hosts.net 993 SSL", "smtp.hosts.net 587 STARTTLS"),
		"autoconfig.bare.org" + configPath:           settings("imap.hosts.net 143 plain", "smtp.hosts.net 587 STARTTLS"),
		"autoconfig.same.org" + configPath:           good,
		"autoconfig.other.org" + configPath:          good,
		"autoconfig.fails.org" + configPath:          settings("fails.hosts.net 993 SSL", "smtp.hosts.net 587 STARTTLS"),
		"autoconfig.http.org" + configPath:           good,
		"autodiscover.outlook.org" + discoverPath:    "<xml/>",
		"autodiscover.redirected.org" + discoverPath: "-> https://elsewhere.net" + discoverPath,
	}
	secure, plain, caFile := webServers(t, pages, "autoconfig.good.org", "known.org", "catchall.org", "autoconfig.moved.org", "elsewhere.net", "autoconfig.circle.org",
		"autoconfig.broken.org", "autoconfig.dead.org", "autoconfig.bare.org", "autoconfig.same.org", "autoconfig.other.org", "autoconfig.fails.org", "autodiscover.outlook.org", "ok.hosts.net")
	kind := dialled(map[string]string{"192.0.2.1:443": secure, "192.0.2.2:443": secure, "192.0.2.2:80": plain, "192.0.2.3:443": "127.0.0.1:1", "192.0.2.3:80": "127.0.0.1:1"})
	const srv = "_imaps._tcp SRV 0 1 993 "
	zone := func(name, records string) dnstest.Zone { return dnstest.Zone{Name: name, Records: records} }
	world := dnstest.World{Zones: []dnstest.Zone{
		zone("hosts.net", "imap A 192.0.2.7\nsmtp A 192.0.2.7\ndead TXT x\nok A 192.0.2.1\nbad A 192.0.2.2\nalias CNAME ok"), zone("elsewhere.net", "@ A 192.0.2.1"),
		zone("good.org", "autoconfig A 192.0.2.1"), zone("known.org", "@ A 192.0.2.1"), zone("catchall.org", "* A 192.0.2.2\n@ A 192.0.2.1"),
		zone("moved.org", "autoconfig A 192.0.2.1"), zone("circle.org", "autoconfig A 192.0.2.1"), zone("broken.org", "autoconfig A 192.0.2.1"),
		zone("dead.org", "autoconfig A 192.0.2.1"), zone("bare.org", "autoconfig A 192.0.2.1"),
		zone("same.org", "autoconfig A 192.0.2.1\n"+srv+"imap.hosts.net."), zone("other.org", "autoconfig A 192.0.2.1\n"+srv+"mail.hosts.net."),
		zone("fails.org", "autoconfig A 192.0.2.1"), zone("http.org", "autoconfig A 192.0.2.2"), zone("servfail.org", ""), zone("none.org", ""),
		zone("refused.org", "autoconfig A 192.0.2.3"), zone("outlook.org", "autodiscover A 192.0.2.1"), zone("badcert.org", "autodiscover A 192.0.2.2"),
		zone("redirected.org", "autodiscover A 192.0.2.2"), zone("down.org", "autodiscover A 192.0.2.3"), zone("silent.org", "autodiscover A 192.0.2.9"),
		zone("srvok.org", "_autodiscover._tcp SRV 0 0 443 ok.hosts.net."), zone("srvbad.org", "_autodiscover._tcp SRV 0 0 443 bad.hosts.net."),
		zone("srvalias.org", "_autodiscover._tcp SRV 0 0 443 alias.hosts.net."), zone("srvnone.org", "_autodiscover._tcp SRV 0 0 0 ."),
	}, Rules: []dnstest.Rule{{Name: "fails.hosts.net", Rcode: "SERVFAIL"}, {Name: "autoconfig.servfail.org", Rcode: "SERVFAIL"}}}
	addr, anchors := start(t, world)
	for _, want := range []row{
		{"none.org", skipped, "", "autoconfig=none", "neither"},
		{"good.org", ok, "", "", "imap imap.hosts.net:993 SSL, smtp smtp.hosts.net:587 STARTTLS"},
		{"known.org", ok, "", "", "imap.hosts.net:993"},
		{"moved.org", ok, "", "", "imap.hosts.net:993"},
		{"same.org", ok, "", "", "imap.hosts.net:993"},
		{"circle.org", skipped, "", "", "neither"},
		{"refused.org", skipped, "", "", "neither"},
		{"broken.org", warning, "autoconfig-broken", "", "https://autoconfig.broken.org/mail/config-v1.1.xml cannot be used: the XML is not valid"},
		{"dead.org", warning, "autoconfig-broken", "", "dead.hosts.net, which has no address"},
		{"bare.org", warning, "autoconfig-broken", "", "without TLS"},
		{"other.org", warning, "autoconfig-broken", "", "autoconfig has imap.hosts.net:993, and the SRV records of _imaps have mail.hosts.net:993"},
		{"http.org", warning, "autoconfig-broken", "", "no configuration by HTTPS: the certificate is not for"},
		{"fails.org", unknown, "resolver-failed", "", "fails.hosts.net"},
		{"servfail.org", unknown, "resolver-failed", "", ""},
		{"outlook.org", ok, "", "", "autodiscover.outlook.org answers"},
		{"redirected.org", ok, "", "", "autodiscover.redirected.org leads to elsewhere.net"},
		{"badcert.org", warning, "autoconfig-broken", "", "autodiscover.badcert.org cannot be used: the certificate is not for"},
		{"down.org", warning, "autoconfig-broken", "", "the connection is refused"},
		{"silent.org", unknown, "autoconfig-broken", "", "blocked here?"},
		{"srvok.org", ok, "", "", "ok.hosts.net:443 answers"},
		{"srvbad.org", warning, "autoconfig-broken", "", "the certificate is not for"},
		{"srvalias.org", warning, "srv-target", "", "is an alias (CNAME) of ok.hosts.net"},
		{"srvnone.org", ok, "", "", "_autodiscover is not offered"},
		{"catchall.org", ok, "", "", "autodiscover.catchall.org is there by a wildcard"},
	} {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			r := wholeOf(t, kind, want.name, "--resolver", addr, "--trust-anchor", anchors, "--ca-file", caFile, "--only", "autoconfig", "--timeout", "2s")
			want.judge(t, &r.Steps[0])
		})
	}
}
