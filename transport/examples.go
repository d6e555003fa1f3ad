package transport

import (
	"strings"

	"mailprobe/probe"
)

// Examples returns what real servers said for a cause: the example of each row that has
// it, those for which it is the likeliest first. asked holds what the client sends at
// each step, if it speaks first there.
func (t Table) Examples(cause string, asked map[string]string) []probe.Example {
	var likely, others []probe.Example
	for _, row := range t {
		for i, c := range row.Causes {
			if c.Name != cause {
				continue
			}
			step, _, _ := strings.Cut(row.Steps, " ")
			e := probe.Example{From: row.From, Step: step, Asked: asked[step], Said: row.Said}
			if i == 0 {
				likely = append(likely, e)
			} else {
				others = append(others, e)
			}
		}
	}
	return append(likely, others...)
}

// TLSExamples returns what a check found at real servers that had a cause of TLS or of their
// certificate.
func TLSExamples(cause string) []probe.Example {
	const tls = "starttls"
	return map[string][]probe.Example{
		CauseTLSRestricted.Name: {{From: "OpenSSL 3.0 s_server -tls1_3, with --tls-max 1.2", Step: tls,
			Found: "TLS handshake: remote error: tls: protocol version not supported; the server was offered only what the options permit"}},
		CauseOldVersionAccepted.Name: {{From: "OpenSSL 3.0 s_server -cipher ALL@SECLEVEL=0", Step: VersionsStep,
			Found: "the server accepts TLS 1.0 and 1.1 from clients that have no newer version"}},
		CauseCertRevoked.Name: {{From: "OpenSSL 3.0 s_server -status_file", Step: tls,
			Found: "the certificate was revoked on 1 Jan 2026, as the server's own OCSP response says"}},
		CauseStapleBad.Name: {{From: "OpenSSL 3.0 s_server -status_file", Step: tls,
			Found: "the OCSP response of the server says that its authority does not know the certificate"}},
		CauseStapleMissing.Name: {{From: "OpenSSL 3.0 s_server", Step: tls,
			Found: "the certificate demands an OCSP response with it (must-staple), and the server sends none"}},
	}[cause]
}
