package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"mailprobe/internal/push"
	"mailprobe/internal/suite"
)

// How many pushes of one check are taken: a burst, and then one in so long. A token that
// got known can fill neither the disk nor anybody's mailbox.
const (
	pushBurst = 10
	pushEvery = 6 * time.Second
)

// recordTime is how long a push waits to be recorded.
const recordTime = 15 * time.Second

// push takes a report, by GET as well as by POST: tokens are used from where there is
// nothing but an URL. It answers once the report is recorded.
func (a *API) push(r *http.Request) (*answer, error) {
	to := a.receiverOf(r)
	if to == nil {
		return nil, errNothing
	}
	if !a.admits(to) {
		return nil, &problem{status: http.StatusTooManyRequests, retry: int(pushEvery.Seconds()),
			detail: "too many pushes to this check; one in " + pushEvery.String() + " is taken"}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, wrong("the parameters are not percent-encoded")
	}
	d, err := push.ParseReport(push.Request{
		Action: r.PathValue("action"), Query: query, ContentType: r.Header.Get("Content-Type"), Body: r.Body,
	})
	switch {
	case errors.Is(err, push.ErrNoAction):
		return nil, &problem{status: http.StatusNotFound, detail: err.Error()}
	case err != nil:
		return nil, wrong("%s", err)
	}
	// The report has come, whether or not its sender waits for the answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), recordTime)
	defer cancel()
	if err := a.Scheduler.Push(ctx, to, d); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, body: map[string]bool{"ok": true}}, nil
}

// receiverOf returns the check whose token a request has, nil for none.
func (a *API) receiverOf(r *http.Request) *suite.Receiver {
	token := r.PathValue("token")
	if a.Scheduler == nil || token == "" || len(token) > push.MaxToken {
		return nil
	}
	return a.receiver(r.Context(), token)
}

// admits reports whether another push of a check is taken now.
func (a *API) admits(to *suite.Receiver) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.limits[to.ID]
	if l == nil {
		l = rate.NewLimiter(rate.Every(pushEvery), pushBurst)
		a.limits[to.ID] = l
	}
	return l.AllowN(a.Now(), 1)
}
