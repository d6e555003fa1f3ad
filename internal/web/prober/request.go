package prober

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/internal/report"
	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// request is what was asked for.
type request struct {
	module     *suite.Module
	ready      *ready
	target     probe.Target
	serverName string
	limit      time.Duration
	debug      bool
}

// refusal is a request that is not carried out, and why, in one line.
type refusal struct {
	code int
	text string
}

// maxValue is how many bytes a parameter may have: no target has more, and a refusal quotes it.
const maxValue = 1024

// maxShown is how many bytes of a value a refusal quotes.
const maxShown = 80

func bad(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, report.Clean(fmt.Sprintf(format, args...))}
}

// read reads a request.
func (p *Prober) read(r *http.Request) (*request, *refusal) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, bad("the query is not encoded as a URL has it")
	}
	for _, name := range []string{"module", "target", "hostname"} {
		if len(values.Get(name)) > maxValue {
			return nil, bad("%s= has more than %d bytes", name, maxValue)
		}
	}
	q := &request{debug: values.Get("debug") == "true"}
	if q.ready, err = p.find(values.Get("module")); err != nil {
		return nil, bad("%v", err)
	}
	q.module = q.ready.module
	if q.limit, err = limitOf(r.Header.Get(timeoutHeader)); err != nil {
		return nil, bad("%v", err)
	}
	if refused := q.readTarget(values.Get("target")); refused != nil {
		return nil, refused
	}
	return q, q.readHostname(values.Get("hostname"))
}

func (q *request) readTarget(text string) *refusal {
	if text == "" {
		return bad("target= is missing: the host, HOST:PORT or URL to check")
	}
	t, err := q.module.Target(text)
	switch {
	case errors.Is(err, suite.ErrNotAllowed):
		return &refusal{http.StatusForbidden, report.Clean(err.Error())}
	case err != nil:
		return bad("%s", settings.AsKeys(err))
	}
	q.target = t
	return nil
}

// readHostname reads the name that the server's certificate must be for. Where credentials
// follow the module alone says that: a name that the asker chose could be that of anyone
// with a certificate.
func (q *request) readHostname(text string) *refusal {
	switch t, err := (probe.Kind{Name: "hostname"}).ParseTarget(text); {
	case text == "":
	case q.module.Credentials:
		return &refusal{http.StatusForbidden, report.Clean(fmt.Sprintf("hostname= is not for module %s, which has credentials: its option server_name says for which name the certificate must be", q.module.Name))}
	case err != nil || t.User != "" || strings.Contains(text, "://"):
		return bad("hostname %s is no name of a host", cut.Quoted(text, maxShown))
	default:
		q.serverName = strings.TrimSuffix(t.Host, ".")
	}
	return nil
}

// timeoutHeader is the header by which Prometheus says how long it waits, in seconds.
const timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

const (
	// spare is what is left of that time for the answer, as blackbox_exporter has it.
	spare = 500 * time.Millisecond
	// longest bounds probes that nobody bounds.
	longest = 2 * time.Minute
)

// limitOf returns how long a probe may take that Prometheus waits for. Of a time that is
// too short for the spare one half is left.
func limitOf(header string) (time.Duration, error) {
	if header == "" {
		return longest, nil
	}
	seconds, err := strconv.ParseFloat(header, 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return 0, fmt.Errorf("%s %s is no number of seconds", timeoutHeader, cut.Quoted(header, maxShown))
	}
	limit := time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
	return max(limit-spare, limit/2), nil
}

// notReady returns the result of a check that could not be prepared.
func (q *request) notReady(ctx context.Context, err error) *probe.Result {
	ctx = context.WithoutCancel(ctx)
	return probe.New(q.module.Kind).Record(ctx, q.target, func(r *probe.Result) error {
		return r.Run("prepare", func(*probe.Step) error {
			return probe.Because(cmp.Or(causeIn(err), suite.CauseNotReady), errors.New(settings.AsKeys(err)))
		})
	})
}

// causeIn returns the cause of an error that has one.
func causeIn(err error) *probe.Cause {
	var f *probe.Failure
	if errors.As(err, &f) {
		return f.Cause
	}
	return nil
}
