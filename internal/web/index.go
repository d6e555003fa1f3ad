package web

import (
	"html/template"
	"net/http"
	"sync"
)

// Index is the page of a server without checks.
type Index struct {
	// Base is what links begin with.
	Base string
	// Modules returns the names of the modules of /probe.
	Modules func() []string
}

// Register implements Part.
func (i Index) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = indexPage().Execute(w, i) // the client may have gone
	})
}

var indexPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>mailprobe</title>
<h1>mailprobe</h1>
<p>This server has no file of checks: it answers probes only. <code>mailprobe check --init</code> writes a file,
and <code>mailprobe serve FILE</code> runs its checks and shows them here.</p>
<h2>Probes</h2>
<ul>{{range call .Modules}}
<li><code>{{$.Base}}probe?module={{.}}&amp;target=HOST</code>{{end}}
</ul>
<h2>About this server</h2>
<ul>
<li><a href="{{.Base}}metrics">metrics</a>
<li><a href="{{.Base}}-/healthy">healthy</a>
<li><a href="{{.Base}}-/ready">ready</a>
</ul>
</html>
`))
})
