package page

import (
	"errors"
	"net/http"
	"strings"

	"mailprobe/internal/suite"
)

// run starts a check. A form leads back to the page it was on; the script stays there.
func (p *Page) run(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if p.o.MayChange != nil && !p.o.MayChange(r) {
		http.Error(w, "checks cannot be run from here", http.StatusForbidden)
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
func isOwnPath(path, base string) bool {
	return strings.HasPrefix(path, base) && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n")
}
