package api

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/show"
	"mailprobe/probe"
)

// The limits of what is read at once.
const (
	usualPeriod   = 7 * 24 * time.Hour
	hourlyPeriod  = 31 * 24 * time.Hour // that is shown by the hour at most
	usualResults  = 100
	maxResults    = 1000
	usualIncident = 100
	maxIncidents  = 1000
)

// history answers as `mailprobe history -o json` does.
func (a *API) history(r *http.Request) (*answer, error) {
	q, err := parameters(r, "check", "since", "until")
	if err != nil {
		return nil, err
	}
	since, until, err := q.period(a.Now(), usualPeriod)
	if err != nil {
		return nil, err
	}
	name, err := a.recorded(r, q.text("check"))
	if err != nil {
		return nil, err
	}
	data, err := show.Gather(r.Context(), a.Store, history.Filter{Name: name, Since: since, Until: until}, until)
	if err != nil {
		return nil, err
	}
	return &answer{body: data.Encode()}, nil
}

// recorded returns the name of a check if the history has it, or if it is empty.
func (a *API) recorded(r *http.Request, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	names, err := a.Store.Names(r.Context())
	if err != nil {
		return "", err
	}
	if a.Scheduler != nil {
		for _, i := range a.Scheduler.Suite().Items() {
			names = append(names, i.ID)
		}
	}
	if !slices.Contains(names, name) {
		return "", &problem{status: http.StatusNotFound, detail: "the history has no check " + quoted(name) + "; " + probe.Meant(name, names, root+"/history lists them")}
	}
	return name, nil
}

// resultsJSON is a page of results, the latest first. Next is the cursor of the next page.
type resultsJSON struct {
	Name    string    `json:"name"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	Results []any     `json:"results"`
	Next    string    `json:"next,omitempty"`
}

// results answers with single results of a check.
func (a *API) results(r *http.Request) (*answer, error) {
	q, err := parameters(r, "check", "since", "until", "failing", "limit", "after")
	if err != nil {
		return nil, err
	}
	since, until, err := q.period(a.Now(), usualPeriod)
	if err != nil {
		return nil, err
	}
	limit, err := q.number("limit", usualResults, maxResults)
	if err != nil {
		return nil, err
	}
	failing, _, err := q.truth("failing")
	if err != nil {
		return nil, err
	}
	from, err := parseCursor(q.text("after"), until)
	if err != nil {
		return nil, err
	}
	if q.text("check") == "" {
		return nil, wrong("check is missing: the name of a check; %s/checks lists them", root)
	}
	name, err := a.recorded(r, q.text("check"))
	if err != nil {
		return nil, err
	}
	all, err := a.Store.Before(r.Context(), name, from.before, from.skip+limit+1, failing)
	if err != nil {
		return nil, err
	}
	return &answer{body: pageOf(name, since, until, all, from, limit)}, nil
}

// pageOf returns a page of what was found from a cursor on: as many results as it was
// asked for and one more, where there are so many.
func pageOf(name string, since, until time.Time, all []history.Single, from cursor, limit int) resultsJSON {
	all = all[min(from.skip, len(all)):]
	if end := slices.IndexFunc(all, func(one history.Single) bool { return one.Result.Start.Before(since) }); end >= 0 {
		all = all[:end]
	}
	out := resultsJSON{Name: name, Since: since, Until: until, Results: []any{}}
	for i, one := range all {
		if i == limit {
			out.Next = from.next(all[:limit]).String()
			break
		}
		out.Results = append(out.Results, show.EncodeResult(one))
	}
	return out
}

// cursor is a place among the results of a check, the latest first: before a time, and
// behind so many of those that follow.
type cursor struct {
	before time.Time
	skip   int
}

// next returns the place behind results: several may be of the same millisecond.
func (c cursor) next(all []history.Single) cursor {
	last := all[len(all)-1].Result.Start.Truncate(time.Millisecond)
	next := cursor{before: last.Add(time.Millisecond)}
	for _, one := range slices.Backward(all) {
		if one.Result.Start.Before(last) || !one.Result.Start.Before(next.before) {
			break
		}
		next.skip++
	}
	if next.before.Equal(c.before) {
		next.skip += c.skip
	}
	return next
}

// String returns the cursor as a parameter.
func (c cursor) String() string {
	b := binary.AppendVarint(nil, c.before.UnixMilli())
	return base64.RawURLEncoding.EncodeToString(binary.AppendUvarint(b, uint64(c.skip)))
}

// parseCursor reads a cursor; without one the place is before until.
func parseCursor(text string, until time.Time) (cursor, error) {
	if text == "" {
		return cursor{before: until.Truncate(time.Millisecond).Add(time.Millisecond)}, nil
	}
	bad := wrong("after is what next was in the answer before")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return cursor{}, bad
	}
	at, n := binary.Varint(b)
	if n <= 0 || at < 0 {
		return cursor{}, bad
	}
	skip, m := binary.Uvarint(b[n:])
	if m <= 0 || n+m != len(b) || skip > maxResults {
		return cursor{}, bad
	}
	return cursor{time.UnixMilli(at).UTC(), int(skip)}, nil
}
