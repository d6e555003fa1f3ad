package page

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// run starts a check. A form leads back to the page it was on; the script stays there.
func (p *Page) run(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !p.mayChange(w, r) {
		return
	}
	if err := p.o.Scheduler.RunNow(id); err != nil {
		status := http.StatusConflict
		if errors.Is(err, suite.ErrNoItem) {
			status = http.StatusNotFound
		}
		http.Error(w, err.Error(), status)
		return
	}
	p.goBack(w, r, p.link("check", id))
}

// mayChange answers a request that may not change anything, and reports whether it may.
func (p *Page) mayChange(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if p.o.MayChange == nil || p.o.MayChange(r) {
		return true
	}
	http.Error(w, "nothing can be changed from here", http.StatusForbidden)
	return false
}

// maxForm is the maximum length of a form, in bytes.
const maxForm = 16 << 10

// author returns who fills in a form: who has logged in, or the name in the form.
func author(r *http.Request) string {
	if user, _, ok := r.BasicAuth(); ok && user != "" {
		return user
	}
	return r.PostFormValue("by")
}

// silence silences what a word selects, or ends a silence.
func (p *Page) silence(w http.ResponseWriter, r *http.Request) {
	if !p.mayChange(w, r) {
		return
	}
	s, now := p.o.Scheduler.Suite(), p.o.Now()
	var err error
	if id := r.PostFormValue("end"); id != "" {
		_, err = s.EndSilence(r.Context(), p.o.Store, id, cmp.Or(author(r), "a visitor of the page"), now)
	} else {
		var length time.Duration
		if length, err = probe.ParseDuration(r.PostFormValue("for")); err != nil {
			err = fmt.Errorf("for: %w", err)
		} else {
			n := suite.NewSilence{Word: r.PostFormValue("word"), For: length, By: author(r), Reason: r.PostFormValue("reason")}
			_, err = s.Silence(r.Context(), p.o.Store, n, now)
		}
	}
	p.changed(w, r, err)
}

// acknowledge takes an incident on.
func (p *Page) acknowledge(w http.ResponseWriter, r *http.Request) {
	if !p.mayChange(w, r) {
		return
	}
	s, now := p.o.Scheduler.Suite(), p.o.Now()
	_, err := s.Acknowledge(r.Context(), p.o.Store, r.PathValue("incident"), author(r), r.PostFormValue("reason"), now)
	p.changed(w, r, err)
}

// changed answers a form after its change, which all pages show at once.
func (p *Page) changed(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, suite.ErrSelectsNothing), errors.Is(err, suite.ErrNotSilenced), errors.Is(err, suite.ErrNoIncident):
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := p.board.refresh(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	select {
	case p.touched <- true:
	default:
	}
	p.goBack(w, r, p.o.Base)
}

// goBack leads back to the page that a form was on, if that is one of this server.
func (p *Page) goBack(w http.ResponseWriter, r *http.Request, other string) {
	if r.Header.Get("X-Requested-With") != "" { // by the script, which stays
		w.WriteHeader(http.StatusNoContent)
		return
	}
	to := other
	if back := r.PostFormValue("back"); isOwnPath(back, p.o.Base) {
		to = back
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// isOwnPath reports whether an address is a path below a base, and of no other server.
// Browsers take a backslash for a slash, and leave out tabs and line breaks.
func isOwnPath(path, base string) bool {
	return strings.HasPrefix(path, base) && !strings.HasPrefix(path, "//") &&
		!strings.ContainsFunc(path, func(r rune) bool { return r == '\\' || unicode.IsControl(r) })
}
