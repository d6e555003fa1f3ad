package blackbox

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mailprobe/icmp"
	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// readTimeout reads the time limit of a module.
func (r *reader) readTimeout(m *module, n settings.Node) {
	if n.IsZero() {
		return
	}
	d, err := probe.ParseDuration(text(n))
	if err != nil || d <= 0 || strings.Trim(text(n), "0123456789.") == "" {
		r.note(m, n, "its timeout is no time such as 5s and was left out")
		return
	}
	m.set("timeout", text(n))
}

// readFamily reads which addresses a module uses. A preference that may give way is that of
// the resolver here.
func (r *reader) readFamily(m *module, keys map[string]settings.Pair) {
	prefers := text(keys["preferred_ip_protocol"].Value)
	if isFalse(keys["ip_protocol_fallback"].Value) {
		m.set(map[bool]string{true: "ipv4", false: "ipv6"}[prefers == "ip4"], "true")
		return
	}
	if prefers == "ip4" {
		r.note(m, keys["preferred_ip_protocol"].Value, "addresses are tried in the order of the resolver, not IPv4 first; ipv4: true uses no others")
	}
}

func (r *reader) readSource(m *module, n settings.Node) {
	if n.IsZero() {
		return
	}
	if _, err := netip.ParseAddr(text(n)); err != nil {
		r.note(m, n, "its source_ip_address is no IP address and was left out")
		return
	}
	m.set("source", text(n))
}

// readICMP makes a ping of one request, whose answer is waited for to the end.
func (r *reader) readICMP(m *module, keys map[string]settings.Pair, timeout settings.Node) {
	m.kind = "ping"
	m.set("count", "1")
	wait := "10s"
	if d, err := probe.ParseDuration(text(timeout)); !timeout.IsZero() && err == nil && d > 0 {
		wait = d.String()
	}
	m.set("wait", wait)
	r.readFamily(m, keys)
	r.readSource(m, keys["source_ip_address"].Value)
	for _, o := range []struct {
		from, to    string
		least, most int
	}{{"payload_size", "size", icmp.MinSize, icmp.MaxSize}, {"ttl", "ttl", 1, 255}} {
		n := keys[o.from].Value
		if n.IsZero() || text(n) == "0" {
			continue
		}
		if v, err := strconv.Atoi(text(n)); err != nil || v < o.least || v > o.most {
			r.note(m, n, "its %s is not from %d to %d and was left out", o.from, o.least, o.most)
			continue
		}
		m.set(o.to, text(n))
	}
	if isTrue(keys["dont_fragment"].Value) {
		m.set("dont_fragment", "true")
	}
}

// readTLS reads how the server's certificate is judged. A certificate of the client is a
// credential, which needs the list of servers that may see it.
func (r *reader) readTLS(m *module, keys map[string]settings.Pair) {
	for _, o := range []struct{ from, to string }{{"ca_file", "ca_file"}, {"server_name", "server_name"}} {
		n := keys[o.from].Value
		if text(n) == "" || strings.ContainsFunc(text(n), func(c rune) bool { return c < ' ' || c == 0x7f }) {
			continue
		}
		if o.to == "ca_file" && !filepath.IsAbs(text(n)) {
			r.note(m, n, "ca_file is relative to the folder of this file now")
		}
		m.set(o.to, text(n))
	}
	if isTrue(keys["insecure_skip_verify"].Value) {
		m.set("insecure", "true")
	}
	r.readMinVersion(m, keys["min_version"].Value)
	for _, name := range []string{"cert_file", "key_file", "ca", "cert", "key", "ca_ref", "cert_ref", "key_ref", "max_version"} {
		p, ok := keys[name]
		switch {
		case !ok:
		case slices.Contains([]string{"cert_file", "key_file"}, name):
			r.note(m, p.Key, "%s was left out: a module that shows a certificate (client_cert, client_key) needs \"targets:\", the servers that may get it", name)
		case name == "max_version":
			r.note(m, p.Key, "max_version has no counterpart: the server's choice is judged, up to TLS 1.3")
		default:
			r.note(m, p.Key, "%s was left out: certificates and keys stand in files of their own (ca_file, client_cert, client_key)", name)
		}
	}
}

func (r *reader) readMinVersion(m *module, n settings.Node) {
	if n.IsZero() {
		return
	}
	versions := map[string]string{"TLS10": "1.0", "TLS11": "1.1", "TLS12": "1.2", "TLS13": "1.3"}
	if v := versions[text(n)]; v != "" {
		m.set("tls_min", v)
		return
	}
	r.note(m, n, "its min_version is none of TLS10, TLS11, TLS12, TLS13 and was left out")
}
