package page

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"io"
	"net/http"
	"strings"
	"sync"

	"mailprobe/internal/history/show"
	"mailprobe/probe"
)

//go:embed pages.html
var pagesText string

//go:embed live.css
var liveStyle string

//go:embed live.js
var liveScript string

// policy is the Content Security Policy (Level 3) of all pages.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// asset is a file that pages load. Its name changes with its content.
type asset struct {
	name, kind string
	text       []byte
}

// assets are the files by their names.
type assets map[string]asset

// The assets by what they are.
const (
	styleAsset  = "page.css"
	scriptAsset = "page.js"
)

func newAssets() assets {
	all := assets{}
	all.add(styleAsset, "text/css; charset=utf-8", show.Style+liveStyle)
	all.add(scriptAsset, "text/javascript; charset=utf-8", show.Ages+liveScript)
	for _, s := range []probe.Status{probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped} {
		all.add(word(s)+".svg", "image/svg+xml", icon(s))
	}
	return all
}

func (a assets) add(what, kind, text string) {
	sum := sha256.Sum256([]byte(text))
	base, ext, _ := strings.Cut(what, ".")
	name := base + "-" + hex.EncodeToString(sum[:6]) + "." + ext
	a[name] = asset{name, kind, []byte(text)}
	a["/"+what] = a[name] // no name of a request has a slash
}

// serve serves an asset, which a browser may keep as its name changes with it.
func (a assets) serve(w http.ResponseWriter, r *http.Request) {
	file, ok := a[r.PathValue("name")]
	if !ok || strings.Contains(r.PathValue("name"), "/") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(file.text)
}

// icon returns the icon of a browser's tab: as the mark of the status.
func icon(s probe.Status) string {
	shape := `<circle cx="8" cy="8" r="7" fill="` + badgeColor(s) + `"/>`
	switch s {
	case probe.Critical:
		shape = `<rect x="1" y="1" width="14" height="14" rx="2" fill="` + badgeColor(s) + `"/>`
	case probe.Warning:
		shape = `<path d="M8 0l8 8-8 8-8-8z" fill="` + badgeColor(s) + `"/>`
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">` + shape + `</svg>`
}

// iconOf returns the address of the icon of a status.
func (p *Page) iconOf(s probe.Status) string {
	return p.o.Base + "assets/" + p.assets["/"+word(s)+".svg"].name
}

func word(s probe.Status) string { return strings.ToLower(s.String()) }

// templates are those of all pages, parsed when the first one is asked for.
type templates struct {
	parse func() (*template.Template, error)
}

func newTemplates(p *Page) (*templates, error) {
	t := &templates{sync.OnceValues(func() (*template.Template, error) {
		all, err := show.Parts()
		if err != nil {
			return nil, err
		}
		return all.Funcs(template.FuncMap{
			"asset": func(what string) string { return p.o.Base + "assets/" + p.assets["/"+what].name },
			"base":  func() string { return p.o.Base },
			"drawn": func(drawn []byte) template.HTML { return template.HTML(drawn) }, // by these templates
		}).Parse(pagesText)
	})}
	_, err := t.parse()
	return t, err
}

func (t *templates) execute(w io.Writer, name string, data any) error {
	all, err := t.parse()
	if err != nil {
		return err
	}
	return all.ExecuteTemplate(w, name, data)
}

// frame is what every page has around it.
type frame struct {
	Title, Site, Version string
	Status               probe.Status
	Refresh              int  // seconds until a browser without a script reloads; 0 for never
	Always               bool // and one with a script, too
	Live                 bool // it has a script
	MayChange            bool
	Public               bool
	Code                 int // the status of HTTP; 0 is 200
}

func (p *Page) frame(r *http.Request, title string) frame {
	f := frame{Title: title, Site: p.title(), Version: p.o.Version, MayChange: p.o.MayChange == nil || p.o.MayChange(r)}
	return f
}

// writer writes a page.
type writer struct {
	http.ResponseWriter
	page  *Page
	frame frame
}

// begin sends the head of a page, so that the browser loads what it names while the rest is
// drawn.
func (p *Page) begin(w http.ResponseWriter, f frame) *writer {
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", policy)
	head.Set("Cache-Control", "no-store")
	head.Set("Referrer-Policy", "same-origin") // forms lead back to the page they were on
	head.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(cmp.Or(f.Code, http.StatusOK))
	_ = p.templates.execute(w, "begin", f)
	_ = http.NewResponseController(w).Flush()
	return &writer{w, p, f}
}

// end sends the foot of the page.
func (w *writer) end() { _ = w.page.templates.execute(w, "end", w.frame) }

// whole sends a page that is made of one template.
func (p *Page) whole(w http.ResponseWriter, f frame, name string, data any) {
	out := p.begin(w, f)
	if err := p.templates.execute(w, name, data); err != nil {
		p.fail(w, err)
	}
	out.end()
}

// fail tells why there is no more of a page that has begun.
func (p *Page) fail(w http.ResponseWriter, err error) {
	_ = p.templates.execute(w, "fault", err.Error())
}

// NotFound answers that there is no page at an address.
func (p *Page) NotFound(w http.ResponseWriter, r *http.Request) {
	p.notFound(w, r, "there is no page at this address")
}

// notFound answers that something is not there: a browser by a page, others by a line.
func (p *Page) notFound(w http.ResponseWriter, r *http.Request, what string) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Error(w, what, http.StatusNotFound)
		return
	}
	f := p.frame(r, "Not found")
	f.Code, f.Status = http.StatusNotFound, probe.Unknown
	p.whole(w, f, "missing", what)
}
