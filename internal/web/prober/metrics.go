package prober

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// writeMetrics writes the metrics of blackbox_exporter, and then mailprobe's own.
func writeMetrics(w *bytes.Buffer, f *found) {
	_ = report.WriteProbe(w, f.metrics(), f.results) // nothing fails in memory
}

// fewMetrics is room for those of most probes.
const fewMetrics = 12

// metrics returns those of blackbox_exporter, whose names and help texts they have.
func (f *found) metrics() []report.Metric {
	f.mu.Lock() // a check that was left to itself may still go on
	defer f.mu.Unlock()
	worst := f.worst()
	all := append(make([]report.Metric, 0, fewMetrics),
		single("probe_success", "Displays whether or not the probe was a success", number01(f.succeeded())),
		single("probe_duration_seconds", "Returns how long the probe took to complete in seconds", f.took.Seconds()))
	if slices.Contains(f.kind.Steps, "resolve") {
		all = append(all, f.address(worst)...)
	}
	switch {
	case f.kind.Name == "ping":
		all = append(all, f.icmp(worst)...)
	case wasConnected(worst):
		all = append(all, single("probe_failed_due_to_regex", "Indicates if probe failed due to regex", number01(!f.succeeded() && wasUnexpected(worst))))
	}
	if f.state != nil && len(f.state.PeerCertificates) > 0 {
		all = append(all, f.certificate()...)
	}
	return all
}

// worst returns the result that counts.
func (f *found) worst() *probe.Result {
	worst := f.results[0]
	for _, r := range f.results[1:] {
		if r.Status.Worse(worst.Status) {
			worst = r
		}
	}
	return worst
}

func (f *found) succeeded() bool {
	return !slices.ContainsFunc(f.results, func(r *probe.Result) bool { return !report.Succeeded(r) })
}

func (f *found) address(r *probe.Result) []report.Metric {
	addr, protocol, hash := f.seen.address, 0.0, 0.0
	if reached, err := netip.ParseAddrPort(r.Address); err == nil {
		addr = reached.Addr()
	}
	if addr.IsValid() {
		protocol, hash = 6, addressHash(addr)
		if addr.Unmap().Is4() {
			protocol = 4
		}
	}
	return []report.Metric{
		single("probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds", timeOf(r, "resolve")),
		single("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6", protocol),
		single("probe_ip_addr_hash", "Specifies the hash of IP address. It's useful to detect if the IP address changes.", hash),
	}
}

func timeOf(r *probe.Result, step string) float64 {
	if s := r.Step(step); s != nil {
		return s.Elapsed.Seconds()
	}
	return 0
}

// wasConnected reports whether there was a connection with a server.
func wasConnected(r *probe.Result) bool {
	s := r.Step("connect")
	return s != nil && (s.Status == probe.OK || s.Status == probe.Warning)
}

// wasUnexpected reports whether a server answered, and not with what it should have.
func wasUnexpected(r *probe.Result) bool {
	return r.Refused || r.Cause.Is(probe.CauseUnexpected)
}

// icmp returns the times of echo requests, of several the average.
func (f *found) icmp(r *probe.Result) []report.Metric {
	phases := report.Metric{Name: "probe_icmp_duration_seconds", Help: "Duration of icmp request by phase"}
	rtt, _ := r.Fact("rtt_avg")
	for _, p := range []struct {
		name  string
		value float64
	}{{"resolve", timeOf(r, "resolve")}, {"rtt", number(rtt)}, {"setup", f.setup.Seconds()}} {
		phases.Series = append(phases.Series, report.Series{Labels: report.Labels{{Name: "phase", Value: p.name}}, Value: p.value})
	}
	all := []report.Metric{phases}
	if ttl, ok := r.Fact("ttl"); ok {
		all = append(all, single("probe_icmp_reply_hop_limit", "Replied packet hop limit (TTL for ipv4)", number(ttl)))
	}
	return all
}

func number(f probe.Fact) float64 {
	if f.Value == nil {
		return 0
	}
	return *f.Value
}

// certificate returns what is known of TLS.
func (f *found) certificate() []report.Metric {
	leaf := f.state.PeerCertificates[0]
	version := tls.VersionName(f.state.Version)
	if strings.HasPrefix(version, "0x") {
		version = "unknown"
	}
	return []report.Metric{
		single("probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime", unix(f.earliest)),
		single("probe_ssl_last_chain_expiry_timestamp_seconds", "Returns last SSL chain expiry in timestamp", unix(lastChainExpiry(f.state))),
		info("probe_ssl_last_chain_info", "Contains SSL leaf certificate information",
			"fingerprint_sha256", fmt.Sprintf("%x", sha256.Sum256(leaf.Raw)),
			"subject", leaf.Subject.String(), "issuer", leaf.Issuer.String(),
			"subjectalternative", strings.Join(leaf.DNSNames, ","), "serialnumber", fmt.Sprintf("%x", leaf.SerialNumber.Bytes())),
		info("probe_tls_version_info", "Returns the TLS version used or NaN when unknown", "version", version),
		info("probe_tls_cipher_info", "Returns the TLS cipher negotiated during handshake", "cipher", tls.CipherSuiteName(f.state.CipherSuite)),
	}
}

func unix(t time.Time) float64 { return float64(t.Unix()) }

func number01(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func single(name, help string, value float64) report.Metric {
	return report.Metric{Name: name, Help: help, Series: []report.Series{{Value: value}}}
}

// info returns a metric whose labels are the information, given as names and values. An
// empty one is left out, which means the same.
func info(name, help string, labels ...string) report.Metric {
	var all report.Labels
	for pair := range slices.Chunk(labels, 2) {
		if pair[1] != "" {
			all = append(all, report.Label{Name: pair[0], Value: pair[1]})
		}
	}
	return report.Metric{Name: name, Help: help, Series: []report.Series{{Labels: all, Value: 1}}}
}
