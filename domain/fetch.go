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
	"os"
	"strings"
	"syscall"
	"time"

	"mailprobe/policy"
	"mailprobe/probe"
	"mailprobe/transport"
)

const (
	// fetchTime is how long fetching a page may take. Senders give a policy a minute (RFC
	// 8461 §3.3), which nobody waits for here.
	fetchTime = 10 * time.Second
	// maxPage bounds a page, and its header, in bytes.
	maxPage = policy.MaxSTSPolicy
)

// page is what a web server answered.
type page struct {
	status int
	media  string // the content type without its parameters
	moved  string // where a redirect leads
	body   []byte // up to one byte more than maxPage
	tls    *tls.ConnectionState
}

// The errors of fetch, besides those of DNS, which are failures with a cause.
var (
	errNoHost     = errors.New("there is no such host")
	errUnanswered = errors.New("no answer") // it may be that this network lets nothing pass
)

// fetch gets a page, in bounds of time and size, without redirects. A server that is
// asked by HTTPS must have a good certificate of the host's name.
func (q *inquiry) fetch(ctx context.Context, address string) (p page, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return p, err
	}
	request.Header.Set("User-Agent", "mailprobe")
	host := request.URL.Hostname()
	if _, err := q.resolver.client.LookupNetIP(ctx, "ip", host+"."); err != nil {
		return p, q.hostFailed(ctx, host, err)
	}
	web := &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxPage,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, VerifyConnection: q.verifyWeb},
		DialContext:     func(_ context.Context, _, address string) (net.Conn, error) { return q.dialWeb(ctx, address) },
	}
	defer web.CloseIdleConnections()
	response, err := web.RoundTrip(request)
	if err != nil {
		return p, explainFetch(err)
	}
	defer response.Body.Close()
	if p.body, err = io.ReadAll(io.LimitReader(response.Body, maxPage+1)); err != nil {
		return p, explainFetch(err)
	}
	p.status, p.tls = response.StatusCode, response.TLS
	p.media, _, _ = mime.ParseMediaType(response.Header.Get("Content-Type"))
	if to, err := response.Location(); err == nil {
		p.moved = to.String()
	}
	return p, nil
}

// verifyWeb returns the first fault of a web server's certificate for which its clients
// go no further. It is a failure where the fault is not the server's.
func (q *inquiry) verifyWeb(state tls.ConnectionState) error {
	for _, fault := range transport.JudgeChain(state.PeerCertificates, q.smtp.TLS.Roots(), state.ServerName, time.Now()) {
		switch fault.Cause.Status {
		case probe.Critical:
			return errors.New(fault.Text)
		case probe.Unknown:
			return probe.Because(fault.Cause, errors.New(fault.Text))
		}
	}
	return nil
}

// dialWeb connects to the first address of a web server that answers.
func (q *inquiry) dialWeb(ctx context.Context, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := q.probe.Addresses(ctx, probe.Target{Host: host, Text: host})
	if err != nil && (q.probe.IPv4 || q.probe.IPv6) { // fetch has found an address of the other family
		return nil, probe.Because(probe.CauseWrongFamily.Advise("leave out -4 or -6"), err)
	}
	deadline, _ := ctx.Deadline() // that of fetch
	for i, addr := range addrs {
		share := time.Until(deadline) / time.Duration(len(addrs)-i+1)
		conn, failed := q.dialIn(ctx, share, net.JoinHostPort(addr.String(), port))
		if failed == nil {
			return conn, nil
		}
		if err == nil || errors.Is(explainFetch(err), errUnanswered) { // what a server answered says more
			err = failed
		}
	}
	return nil, err
}

func (q *inquiry) dialIn(ctx context.Context, limit time.Duration, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return q.probe.DialContext(ctx, "tcp", address)
}

// hostFailed is the error for a host that cannot be looked up: a failure that is not known
// to be its owner's, unless nobody who validates can look it up.
func (q *inquiry) hostFailed(ctx context.Context, host string, err error) error {
	failed := transport.ExplainLookup(ctx, q.resolver.client, err, host)
	var dns *net.DNSError
	var f *probe.Failure
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("%w: %s has no address", errNoHost, host)
	case errors.As(failed, &f) && !f.Cause.Is(CauseBogus):
		f.Status = probe.Unknown
	}
	return failed
}

// fetchErrors are errors of the operating system and of TLS, in words of our own. Those
// without words say of the way from here, and not of the server.
var fetchErrors = []struct {
	error
	says string
}{
	{context.DeadlineExceeded, ""}, {os.ErrDeadlineExceeded, ""}, {syscall.ETIMEDOUT, ""}, {syscall.ENETUNREACH, ""},
	{syscall.EHOSTUNREACH, ""}, {syscall.EAFNOSUPPORT, ""}, {syscall.EADDRNOTAVAIL, ""}, {syscall.EPERM, ""}, {syscall.EACCES, ""},
	{syscall.ECONNREFUSED, "the connection is refused"}, {syscall.ECONNRESET, "the connection is reset"},
	{io.EOF, "the connection is closed without an answer"}, {io.ErrUnexpectedEOF, "the connection is closed in the middle of the answer"},
}

// explainFetch says why there is no answer. Silence may be a firewall here.
func explainFetch(err error) error {
	var failure *probe.Failure
	if errors.As(err, &failure) {
		return failure
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return errUnanswered
	}
	for _, known := range fetchErrors {
		switch {
		case !errors.Is(err, known.error):
		case known.says == "":
			return errUnanswered
		default:
			return errors.New(known.says)
		}
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return errors.New("the server does not speak TLS there")
	}
	text := err.Error()
	_, alert, isTLS := strings.Cut(text, "tls: ")
	switch {
	case isTLS:
		return errors.New("the TLS handshake failed: " + alert)
	case strings.Contains(text, "headers exceeded"):
		return fmt.Errorf("the header of the answer is longer than %d bytes", maxPage)
	case strings.Contains(text, "malformed"):
		return errors.New("the server does not answer by HTTP")
	}
	return err
}
