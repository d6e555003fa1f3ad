package domain

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"mailprobe/policy"
	"mailprobe/probe"
)

const (
	// policyTime is how long fetching a policy may take. Senders give it a minute (RFC
	// 8461 §3.3), which nobody waits for here.
	policyTime = 10 * time.Second
	// shortAge is the life of a policy in seconds below which it hardly protects.
	shortAge = 86400
)

// stsOutcome is what is known of the MTA-STS policy: the step that judges it, and the
// policy, nil for none.
type stsOutcome struct {
	step   probe.Step
	policy *policy.STSPolicy
	err    error
}

// mtaSTS judges the MTA-STS policy (RFC 8461).
func (q *inquiry) mtaSTS(ctx context.Context, s *probe.Step) error {
	o := q.sts(ctx)
	o.step.Name, o.step.Group = s.Name, s.Group
	*s = o.step
	return o.err
}

// askSTS finds and judges the policy.
func (q *inquiry) askSTS(ctx context.Context) (o stsOutcome) {
	o.step.Status = probe.OK
	o.policy, o.err = q.findSTS(ctx, &o.step)
	return o
}

// enforces reports whether senders that heed MTA-STS demand a good certificate of an
// exchanger.
func (o stsOutcome) enforces(exchanger string) bool {
	return o.policy != nil && o.policy.Mode == "enforce" && o.policy.Permits(exchanger)
}

// findSTS returns the policy, nil where there is none or it is not known.
func (q *inquiry) findSTS(ctx context.Context, s *probe.Step) (*policy.STSPolicy, error) {
	name := "_mta-sts." + q.domain
	texts, err := q.text(ctx, name, policy.IsSTS)
	switch {
	case err != nil:
		unknown(s, err, err.Error())
		return nil, nil
	case len(texts) == 0 && q.requires("enforce"):
		return nil, q.absent(s, "enforce", "there is no record at "+name)
	case len(texts) == 0:
		return nil, q.absent(s, "mta-sts", "there is no record at "+name)
	case len(texts) > 1:
		return nil, probe.Because(CauseSTSUnusable, fmt.Errorf("%s has %d records, so that senders find no policy", name, len(texts)))
	}
	if _, err := policy.ParseSTSRecord(texts[0]); err != nil {
		return nil, probe.Because(CauseSTSUnusable, err)
	}
	p, err := q.fetchPolicy(ctx, s)
	if err != nil {
		return nil, err
	}
	s.Learn(probe.Text("sts_mode", p.Mode), probe.Number("sts_max_age", float64(p.MaxAge), probe.Seconds))
	s.Say(p.Mode + " " + strings.Join(p.MX, " "))
	q.judgePolicy(ctx, s, p)
	return p, nil
}

// judgePolicy holds a policy against the exchangers.
func (q *inquiry) judgePolicy(ctx context.Context, s *probe.Step, p *policy.STSPolicy) {
	if p.Mode != "enforce" {
		if q.requires("enforce") {
			s.RaiseFor(CauseRequiredAbsent, "the mode is "+p.Mode+", and --require enforce was given")
		}
		s.RaiseFor(CauseSTSWeak, "the mode is "+p.Mode+", which protects nothing")
	}
	if p.MaxAge < shortAge && p.Mode != "none" {
		s.RaiseFor(CauseSTSWeak, fmt.Sprintf("max_age is %d s, less than a day", p.MaxAge))
	}
	m := q.exchangers(ctx)
	if m.err != nil {
		unknown(s, m.err, "the exchangers are not known: "+m.err.Error())
		return
	}
	used := map[string]bool{}
	for _, h := range m.hosts {
		for _, pattern := range p.MX {
			used[pattern] = used[pattern] || policy.MatchesSTS(pattern, h.name)
		}
		if p.Mode != "none" && !p.Permits(h.name) {
			cause := CauseSTSMismatch
			if p.Mode == "testing" {
				cause = cause.As(probe.Warning)
			}
			s.RaiseFor(cause, fmt.Sprintf("the policy does not have the exchanger %s", h.name))
		}
	}
	for _, pattern := range p.MX {
		if !used[pattern] {
			s.RaiseFor(CauseSTSWeak, fmt.Sprintf("no exchanger is called %s", pattern))
		}
	}
}

// fetchPolicy gets the policy as senders do: without redirects, from a server with a
// good certificate of its own, and in bounds of time and size.
func (q *inquiry) fetchPolicy(ctx context.Context, s *probe.Step) (*policy.STSPolicy, error) {
	ctx, cancel := context.WithTimeout(ctx, policyTime)
	defer cancel()
	host := "mta-sts." + q.domain
	url := "https://" + host + "/.well-known/mta-sts.txt"
	if _, err := q.resolver.client.LookupNetIP(ctx, "ip", host+"."); err != nil {
		return nil, q.hostFailed(host, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, probe.Because(CauseSTSUnusable, err)
	}
	transport := q.policyTransport(host)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return nil, fetchFailed(url, err)
	}
	defer response.Body.Close()
	learnCertificate(s, response.TLS)
	return readPolicy(s, url, response)
}

// hostFailed is for a policy host that cannot be looked up.
func (q *inquiry) hostFailed(host string, err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return probe.Because(CauseSTSUnusable, fmt.Errorf("there is a record and no policy: %s has no address", host))
	}
	failed := probe.ExplainDNS(err, host)
	var f *probe.Failure
	if errors.As(failed, &f) {
		f.Status = probe.Unknown
	}
	return failed
}

// policyTransport makes connections to the policy's host alone.
func (q *inquiry) policyTransport(host string) *http.Transport {
	return &http.Transport{
		DisableKeepAlives: true, MaxResponseHeaderBytes: policy.MaxSTSPolicy, TLSClientConfig: &tls.Config{RootCAs: q.smtp.TLS.Roots()},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			addrs, err := q.probe.Addresses(ctx, probe.Target{Host: host, Text: host})
			for _, addr := range addrs {
				var conn net.Conn
				if conn, err = q.probe.DialContext(ctx, "tcp", net.JoinHostPort(addr.String(), port)); err == nil {
					return conn, nil
				}
			}
			return nil, err
		},
	}
}

// fetchFailed says why there is no answer by HTTPS. Silence may be a firewall here.
func fetchFailed(url string, err error) error {
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return probe.Because(CauseSTSUnusable, fmt.Errorf("the policy cannot be fetched from %s: %w", url, certificate.Err))
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return probe.Because(CauseSTSUnreachable, fmt.Errorf("%s does not answer: is HTTPS blocked here?", url))
	}
	return probe.Because(CauseSTSUnusable, fmt.Errorf("the policy cannot be fetched: %w", err))
}

// learnCertificate learns how long the certificate of the policy's host lasts.
func learnCertificate(s *probe.Step, state *tls.ConnectionState) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return
	}
	left := time.Until(state.PeerCertificates[0].NotAfter)
	days := probe.Number("sts_cert_days_left", float64(int(left.Hours()/24)), probe.None).Within("7:", "")
	days.Cause = CauseSTSWeak
	s.Learn(days)
}

// readPolicy reads the answer.
func readPolicy(s *probe.Step, url string, response *http.Response) (*policy.STSPolicy, error) {
	if response.StatusCode != http.StatusOK {
		return nil, probe.Because(CauseSTSUnusable, fmt.Errorf("%s answers %d, which is no policy; senders follow no redirects", url, response.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, policy.MaxSTSPolicy+1))
	if err != nil {
		return nil, fetchFailed(url, err)
	}
	p, err := policy.ParseSTSPolicy(string(body))
	if err != nil {
		return nil, probe.Because(CauseSTSUnusable, fmt.Errorf("the policy at %s cannot be used: %w", url, err))
	}
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); media != "text/plain" {
		s.RaiseFor(CauseSTSWeak, fmt.Sprintf("the policy is sent as %q, not text/plain", media))
	}
	return p, nil
}
