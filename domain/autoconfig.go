package domain

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// autoconfig is the name of its step.
const autoconfig = "autoconfig"

// The bounds of what is followed.
const (
	maxMoves    = 3 // redirects
	maxServices = 4 // SRV records
)

// mailConfig is the configuration that Thunderbird and others fetch.
type mailConfig struct {
	from    string // its URL, empty where there is none
	servers []policy.MailServer
	problem string // what is wrong with it
	err     error  // of DNS
	absent  bool   // it is known that there is none
}

// endpoint is a web server where Outlook asks for its settings.
type endpoint struct {
	url  string
	says string // what it does, empty where it does not exist
	err  error  // why it cannot be used
}

// autoconfig judges by what mail programs find their servers without SRV records: the
// configuration of Thunderbird and others, and the servers that Outlook asks.
func (q *inquiry) autoconfig(ctx context.Context, s *probe.Step) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	var config mailConfig
	var outlook []endpoint
	probe.Together(
		func() { config = q.findConfig(ctx) }, func() { outlook = q.findOutlook(ctx, s) },
	)
	q.judgeConfig(ctx, s, config)
	for _, e := range outlook {
		judgeEndpoint(s, e)
	}
	if s.Status == probe.OK && s.Detail == "" {
		return s.Skip("there is neither autoconfig nor autodiscover")
	}
	return nil
}

// findConfig fetches the configuration, with the address that a program would ask for.
// What answers with something else has none.
func (q *inquiry) findConfig(ctx context.Context) mailConfig {
	query := "/mail/config-v1.1.xml?emailaddress=" + url.QueryEscape("postmaster@"+q.domain)
	own := "autoconfig." + q.domain + query
	got, err := q.follow(ctx, "https://"+own)
	switch {
	case err == nil && policy.IsAutoconfig(got.body):
		return q.readConfig("https://"+own, got)
	case err != nil && isFailureWithCause(err):
		return mailConfig{err: err}
	case err != nil && !errors.Is(err, errNoHost):
		if got, plainErr := q.follow(ctx, "http://"+own); plainErr == nil && policy.IsAutoconfig(got.body) {
			return mailConfig{from: "http://" + own, problem: "has no configuration by HTTPS: " + err.Error()}
		}
	}
	absent := err == nil || errors.Is(err, errNoHost)
	wellKnown := "https://" + q.domain + "/.well-known/autoconfig" + query
	if got, err = q.follow(ctx, wellKnown); err == nil && policy.IsAutoconfig(got.body) {
		return q.readConfig(wellKnown, got)
	}
	return mailConfig{absent: absent && (err == nil || errors.Is(err, errNoHost))}
}

// isFailureWithCause reports whether an error is of DNS, or otherwise of what is on the way.
func isFailureWithCause(err error) bool {
	var f *probe.Failure
	return errors.As(err, &f)
}

// follow fetches a page by way of some redirects, which lead to HTTPS.
func (q *inquiry) follow(ctx context.Context, address string) (p page, err error) {
	for range maxMoves + 1 {
		if p, err = q.fetch(ctx, address); err != nil || p.moved == "" {
			return p, err
		}
		if address = p.moved; !strings.HasPrefix(address, "https://") {
			return p, errors.New("it leads to a page without TLS")
		}
	}
	return p, fmt.Errorf("there are more than %d redirects", maxMoves)
}

func (q *inquiry) readConfig(from string, got page) mailConfig {
	c := mailConfig{from: from}
	var err error
	if c.servers, err = policy.ParseAutoconfig(got.body, q.domain); err != nil {
		c.problem = "cannot be used: " + err.Error()
	}
	return c
}

// judgeConfig holds the servers of a configuration against DNS.
func (q *inquiry) judgeConfig(ctx context.Context, s *probe.Step, c mailConfig) {
	where, _, _ := strings.Cut(c.from, "?")
	switch {
	case c.err != nil:
		unknown(s, c.err, c.err.Error())
	case c.absent:
		s.Learn(probe.Text("autoconfig", noRecord))
	case c.from == "":
	case c.problem != "":
		s.RaiseFor(CauseAutoconfig, where+" "+c.problem)
	default:
		var texts []string
		for _, m := range c.servers {
			texts = append(texts, m.String())
		}
		s.Learn(probe.Text("autoconfig", strings.Join(texts, ", ")))
		s.Say("autoconfig: " + strings.Join(texts, ", "))
		q.judgeMailServers(ctx, s, c.servers)
	}
}

// judgeMailServers judges whether the servers have addresses, whether the first of a sort uses
// TLS, and whether they are those of the SRV records.
func (q *inquiry) judgeMailServers(ctx context.Context, s *probe.Step, servers []policy.MailServer) {
	var hosts []mailHost
	for i, m := range servers {
		if !slices.ContainsFunc(hosts, func(h mailHost) bool { return h.name == m.Host }) {
			hosts = append(hosts, mailHost{name: m.Host})
		}
		first := slices.IndexFunc(servers, func(other policy.MailServer) bool { return other.Type == m.Type })
		if m.Socket == "plain" && first == i {
			s.RaiseFor(CauseAutoconfig, fmt.Sprintf("autoconfig has passwords sent to %s without TLS", m.Host))
		}
	}
	probe.SideBySide(hosts, func(h *mailHost) { q.findAddresses(ctx, h) })
	for _, h := range hosts {
		switch {
		case h.at.Err != nil:
			unknown(s, h.at.Err, h.at.Err.Error())
		case len(h.at.Addrs) == 0:
			s.RaiseFor(CauseAutoconfig, fmt.Sprintf("autoconfig names %s, which has no address", h.name))
		}
	}
	for _, service := range services {
		q.compareService(ctx, s, service, servers)
	}
}

// compareService compares the servers of a service with its SRV records, where there are
// both: one of them should be in both.
func (q *inquiry) compareService(ctx context.Context, s *probe.Step, service string, servers []policy.MailServer) {
	var configured, published []string
	for _, m := range servers {
		if m.Service() == service {
			configured = append(configured, fmt.Sprintf("%s:%d", m.Host, m.Port))
		}
	}
	answer, _ := q.answer(ctx, service+"._tcp."+q.domain, dnssec.TypeSRV) // step srv judges a failure
	for _, record := range dnssec.All[dnssec.SRV](answer.Records) {
		published = append(published, fmt.Sprintf("%s:%d", plain(record.Host), record.Port))
	}
	inBoth := slices.ContainsFunc(configured, func(one string) bool { return slices.Contains(published, one) })
	if len(configured) > 0 && len(published) > 0 && !inBoth {
		s.RaiseFor(CauseAutoconfig, fmt.Sprintf("autoconfig has %s, and the SRV records of %s have %s",
			strings.Join(configured, ", "), service, strings.Join(published, ", ")))
	}
}

// findOutlook asks the servers that Outlook asks: autodiscover.DOMAIN, and those of the SRV
// records, which it judges.
func (q *inquiry) findOutlook(ctx context.Context, s *probe.Step) []endpoint {
	all := []endpoint{{url: "https://autodiscover." + q.domain + "/autodiscover/autodiscover.xml"}}
	records := service{name: "_autodiscover"}
	q.findService(ctx, &records)
	judgeService(s, records)
	for _, h := range records.hosts[:min(len(records.hosts), maxServices)] {
		if isHost(h.name) {
			all = append(all, endpoint{url: fmt.Sprintf("https://%s:%d/autodiscover/autodiscover.xml", h.name, h.port)})
		}
	}
	probe.SideBySide(all, func(e *endpoint) { q.askEndpoint(ctx, e) })
	return all
}

// askEndpoint asks a server by HTTPS, which answers those who do not log in as it likes.
// Where that fails Outlook asks by HTTP, for a redirect to another by HTTPS: so do the
// domains that are hosted elsewhere.
func (q *inquiry) askEndpoint(ctx context.Context, e *endpoint) {
	if _, e.err = q.fetch(ctx, e.url); e.err == nil {
		e.says = "answers"
		return
	}
	address, err := url.Parse(e.url)
	if errors.Is(e.err, errNoHost) || isFailureWithCause(e.err) || err != nil || address.Port() != "" {
		return
	}
	got, err := q.fetch(ctx, "http://"+address.Host+address.Path)
	if to, parseErr := url.Parse(got.moved); err == nil && parseErr == nil && to.Scheme == "https" {
		e.says, e.err = "leads to "+to.Hostname(), nil
	} else if q.hasWildcard(ctx) {
		e.says, e.err = "is there by a wildcard, without settings", nil
	}
}

// hasWildcard reports whether the domain has addresses for names that nobody has thought
// of.
func (q *inquiry) hasWildcard(ctx context.Context) bool {
	addrs, err := q.IPv4(ctx, "mailprobe-asks-for-no-such-name."+q.domain)
	return err == nil && len(addrs) > 0
}

func judgeEndpoint(s *probe.Step, e endpoint) {
	address, err := url.Parse(e.url)
	if err != nil || errors.Is(e.err, errNoHost) { // step and SRV record say so where there should be one
		return
	}
	switch {
	case e.err == nil:
		s.Say(address.Host + " " + e.says)
	case isFailureWithCause(e.err):
		unknown(s, e.err, e.err.Error())
	case errors.Is(e.err, errUnanswered):
		s.RaiseFor(CauseAutoconfig.As(probe.Unknown), address.Host+" does not answer: is HTTPS blocked here?")
	default:
		s.RaiseFor(CauseAutoconfig, fmt.Sprintf("%s cannot be used: %v", address.Host, e.err))
	}
}
