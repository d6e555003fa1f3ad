package api

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"mailprobe/internal/history"
	"mailprobe/internal/suite"
)

// Config configures the API.
type Config struct {
	// Scheduler runs the checks; nil where there is no file of checks.
	Scheduler *suite.Scheduler
	// Store is the history; nil where it cannot be opened.
	Store *history.Store
	// Log takes what an administrator should know, such as a token that cannot be read.
	Log func(error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// API is a part of the server.
type API struct {
	Config

	tokens tokens

	mu     sync.Mutex
	limits map[string]*rate.Limiter // by the ID of the item
}

// New makes the API.
func New(c Config) *API {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = func(error) {}
	}
	return &API{Config: c, limits: map[string]*rate.Limiter{}}
}

// handler answers a request.
type handler func(*http.Request) (*answer, error)

// route is a path below /api/v1 with its methods.
type route struct {
	path    string
	methods map[string]handler
}

// routes are all there are.
func (a *API) routes() []route {
	one := func(method string, h handler) map[string]handler { return map[string]handler{method: h} }
	push := map[string]handler{http.MethodGet: a.push, http.MethodPost: a.push}
	return []route{
		{"/openapi.json", one(http.MethodGet, describe)},
		{"/checks", one(http.MethodGet, a.withChecks(a.checks))},
		{"/checks/{id...}", one(http.MethodGet, a.withChecks(a.check))},
		{"/run/{id...}", one(http.MethodPost, a.withChecks(a.run))},
		{"/history", one(http.MethodGet, a.withHistory(a.history))},
		{"/results", one(http.MethodGet, a.withHistory(a.results))},
		{"/incidents", one(http.MethodGet, a.withHistory(a.incidents))},
		{"/incidents/{incident}", one(http.MethodGet, a.withHistory(a.incident))},
		{"/incidents/{incident}/ack", map[string]handler{
			http.MethodPost:   a.withChecks(a.withHistory(a.acknowledge)),
			http.MethodDelete: a.withChecks(a.withHistory(a.withdraw)),
		}},
		{"/silences", map[string]handler{
			http.MethodGet:  a.withChecks(a.withHistory(a.silences)),
			http.MethodPost: a.withChecks(a.withHistory(a.silence)),
		}},
		{"/silences/{silence}", one(http.MethodDelete, a.withChecks(a.withHistory(a.endSilence)))},
		{"/push/{token}", push},
		{"/push/{token}/{action}", push},
	}
}

// root is where the API begins.
const root = "/api/v1"

// Register implements web.Part. Paths that are none, and methods that a path does not
// have, are answered as errors of the API are.
func (a *API) Register(mux *http.ServeMux) {
	for _, r := range a.routes() {
		var allowed []string
		for method, h := range r.methods {
			mux.HandleFunc(method+" "+root+r.path, serve(h))
			if allowed = append(allowed, method); method == http.MethodGet {
				allowed = append(allowed, http.MethodHead)
			}
		}
		slices.Sort(allowed)
		mux.HandleFunc(root+r.path, serve(func(r *http.Request) (*answer, error) {
			return nil, &problem{status: http.StatusMethodNotAllowed, allow: strings.Join(allowed, ", "),
				detail: "it takes " + strings.Join(allowed, ", ") + ", not " + quoted(r.Method)}
		}))
	}
	mux.HandleFunc(root+"/", serve(func(*http.Request) (*answer, error) { return nil, errNothing }))
}

// errNothing answers a path that is none, and also a token that no check has.
var errNothing = &problem{status: http.StatusNotFound, detail: "there is nothing at this address; " + root + "/openapi.json describes what there is"}

// describe answers with the description.
func describe(r *http.Request) (*answer, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	return &answer{text: Description()}, nil
}

// withChecks answers with an error where there is no file of checks.
func (a *API) withChecks(h handler) handler {
	return func(r *http.Request) (*answer, error) {
		if a.Scheduler == nil {
			return nil, &problem{status: http.StatusNotFound, detail: "mailprobe serve runs without a file of checks"}
		}
		return h(r)
	}
}

// withHistory answers with an error where there is no history.
func (a *API) withHistory(h handler) handler {
	return func(r *http.Request) (*answer, error) {
		if a.Store == nil {
			return nil, &problem{status: http.StatusServiceUnavailable, detail: "there is no history, or it cannot be opened"}
		}
		return h(r)
	}
}
