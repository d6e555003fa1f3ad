package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiler returns a compiler that knows the description as openapi.json.
func compiler(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openapi.json", unmarshal(t, Description())); err != nil {
		t.Fatal(err)
	}
	return c
}

func unmarshal(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// description is what the tests need of it.
type description struct {
	Paths map[string]map[string]struct {
		Parameters []struct{ Name, In string }
		Responses  map[string]struct {
			Ref     string `json:"$ref"`
			Content map[string]struct{ Schema any }
		}
	}
}

func readDescription(t *testing.T) (d description) {
	t.Helper()
	if err := json.Unmarshal(Description(), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDescriptionConforms: the description is one of OpenAPI 3.1, by the schema of the
// OpenAPI Initiative, and every schema in it one of JSON Schema.
func TestDescriptionConforms(t *testing.T) {
	meta, err := os.ReadFile("testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("meta.json", unmarshal(t, meta)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("meta.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(unmarshal(t, Description())); err != nil {
		t.Error(err)
	}
	var d struct {
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(Description(), &d); err != nil {
		t.Fatal(err)
	}
	for name := range d.Components.Schemas {
		if _, err := compiler(t).Compile("openapi.json#/components/schemas/" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Contains(Description(), []byte(`"#/components/schemas/`+name+`"`)) {
			t.Errorf("nothing refers to the schema %s", name)
		}
	}
}

// TestRoutesDescribed: what the API answers is described, and the other way round, with
// the parameters that are taken.
func TestRoutesDescribed(t *testing.T) {
	d, is := readDescription(t), map[string]bool{}
	for _, r := range New(Config{}).routes() {
		for method := range r.methods {
			is[strings.ToLower(method)+" "+strings.ReplaceAll(r.path, "...", "")] = true
		}
	}
	for path, methods := range d.Paths {
		for method := range methods {
			if !is[method+" "+path] {
				t.Errorf("%s %s is described, and is not there", method, path)
			}
			delete(is, method+" "+path)
		}
	}
	for what := range is {
		t.Errorf("%s is not described", what)
	}
}

// checker holds answers to the description.
type checker struct {
	*world
	description
	compiler *jsonschema.Compiler
	seen     map[string]bool // operations with their answers
}

// describedAs returns the path of the description that a request is for.
func (c *checker) describedAs(path string) string {
	parts := strings.Split(path, "/")
	for candidate := range c.Paths {
		want := strings.Split(candidate, "/")
		fits := len(want) == len(parts)
		for i := 0; fits && i < len(want); i++ {
			fits = strings.HasPrefix(want[i], "{") || want[i] == parts[i]
		}
		if fits {
			return candidate
		}
	}
	c.t.Fatalf("%s is not described", path)
	return ""
}

// hold sends a request and holds the answer to the description.
func (c *checker) hold(request, body string, want int) reply {
	c.t.Helper()
	r := c.ask(request, body)
	method, target, _ := strings.Cut(request, " ")
	method = strings.ToLower(method)
	u, err := url.Parse(target)
	if err != nil {
		c.t.Fatal(err)
	}
	path := c.describedAs(u.EscapedPath())
	if r.status != want {
		c.t.Errorf("%s: %d %s, want %d", request, r.status, r.body, want)
	}
	code := fmt.Sprint(r.status)
	response, ok := c.Paths[path][method].Responses[code]
	if !ok {
		c.t.Errorf("%s: the answer %s is not described", request, code)
		return r
	}
	c.seen[method+" "+path+" "+code] = true
	if r.status == http.StatusNoContent {
		return r
	}
	at := "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(path) + "/" + method + "/responses/" + code
	kind := "application/json"
	if response.Ref != "" {
		at, kind = response.Ref, "application/problem+json"
	}
	if got := r.header.Get("Content-Type"); got != kind {
		c.t.Errorf("%s: the type is %s, want %s", request, got, kind)
	}
	schema, err := c.compiler.Compile("openapi.json" + (&url.URL{Fragment: strings.TrimPrefix(at, "#") + "/content/" + strings.ReplaceAll(kind, "/", "~1") + "/schema"}).String())
	if err != nil {
		c.t.Fatal(err)
	}
	if err := schema.Validate(unmarshal(c.t, r.body)); err != nil {
		c.t.Errorf("%s: %s\n%v", request, r.body, err)
	}
	return r
}

// TestAnswers: every answer that is described is really given, of checks that ran against
// a mail host, and conforms to its schema.
func TestAnswers(t *testing.T) {
	w := newWorld(t)
	c := &checker{w, readDescription(t), compiler(t), map[string]bool{}}
	for _, push := range []string{"GET /push/" + backupToken, "POST /push/" + backupToken} {
		c.hold(push+"?msg=done", "", 200)
		c.hold(push+"/0", "", 200)
		c.hold(push+"?staus=down", "", 400)
		c.hold(push+"/0?status=up", "", 400)
		c.hold(push+"/nothing", "", 404)
		c.hold(push+"x", "", 404)
	}
	c.parameters(t)
	c.hold("POST /push/"+loopToken+"/fail", "output\nof the job", 200)
	c.hold("POST /push/"+loopToken, "", 200)
	var over struct{ Incidents []struct{ ID string } }
	c.hold("GET /incidents?check=loop&open=false", "", 200).into(t, &over)
	c.hold("POST /incidents/"+over.Incidents[0].ID+"/ack", `{"reason": "x"}`, 409)
	c.hold("DELETE /incidents/"+over.Incidents[0].ID+"/ack", "", 409)
	c.flood(loopToken, 2*pushBurst)
	for _, method := range []string{"GET", "POST"} {
		c.hold(method+" /push/"+loopToken, "", 429)
		c.hold(method+" /push/"+loopToken+"/start", "", 429)
	}
	for _, path := range []string{"/openapi.json", "/checks", "/checks/mx", "/history", "/results?check=mx", "/incidents", "/silences"} {
		c.hold("GET "+path, "", 200)
		c.hold("GET "+strings.ReplaceAll(path, "?check=mx", "")+"?nonsense=1", "", 400)
	}
	for _, path := range []string{"/checks?only=mail&status=OK", "/checks/several%20smtp:%2F%2F127.0.0.1:1", "/checks/loop", "/history?check=recipient&since=24h",
		"/history?until=2026-11-28T00:00:00Z&since=2026-11-01T00:00:00Z", "/results?check=loop&failing=true&limit=1", "/incidents?open=false&since=1h"} {
		c.hold("GET "+path, "", 200)
	}
	for _, path := range []string{"/checks?status=GREEN", "/checks?only=none", "/history?since=yesterday", "/history?since=1h&until=2h", "/results", "/results?check=mx&limit=0",
		"/results?check=mx&limit=1001", "/results?check=mx&after=!", "/results?check=mx&failing=yes", "/incidents?open=maybe", "/checks?only=a&only=b", "/checks?only=%zz", "/checks?only=" + strings.Repeat("x", 2000)} {
		c.hold("GET "+path, "", 400)
	}
	for _, path := range []string{"/checks/none", "/history?check=none", "/results?check=none", "/incidents?check=none", "/incidents/none"} {
		c.hold("GET "+path, "", 404)
	}
	c.changes(t)
	c.without(t)
	c.complete(t)
}

// changes holds the answers of requests that change something to the description.
func (c *checker) changes(t *testing.T) {
	c.hold("POST /run/mx?wait=30s", "", 200)
	c.hold("POST /run/recipient", "", 202)
	c.hold("POST /run/mx?wait=2m", "", 400)
	c.hold("POST /run/none", "", 404)
	c.hold("POST /run/backup", "", 409)

	id := c.openIncident()
	ack := "/incidents/" + id + "/ack"
	c.hold("GET /incidents/"+id, "", 200)
	c.hold("GET /incidents/"+id+"?x=1", "", 400)
	c.hold("POST "+ack, `{"by": "alice", "reason": "on it"}`, 201)
	c.hold("POST "+ack, `{"reasons": "on it"}`, 400)
	c.hold("POST /incidents/none/ack", `{"reason": "x"}`, 404)
	c.hold("POST "+ack, `{"reason": "`+strings.Repeat("x", 70_000)+`"}`, 413)
	c.hold("POST "+ack, `reason=x`, 415)
	c.hold("POST "+ack, `{"reason": " "}`, 422)
	c.hold("GET /silences", "", 200)
	c.hold("DELETE "+ack+"?x=1", "", 400)
	c.hold("DELETE "+ack, "", 204)
	c.hold("DELETE "+ack, "", 404)

	silence := c.hold("POST /silences", `{"word": "mx", "for": "1h", "reason": "x"}`, 201)
	c.hold("POST /silences", `{"word": "mx", "for": "soon", "reason": "x"}`, 400)
	c.hold("POST /silences", `{"word": "mx", "for": 3600}`, 400)
	c.hold("POST /silences", `{"word": "mx", "for": "1h", "reason": "`+strings.Repeat("x", 70_000)+`"}`, 413)
	c.hold("POST /silences", `word=mx`, 415)
	c.hold("POST /silences", `{"word": "none", "for": "1h", "reason": "x"}`, 422)
	c.hold("GET /silences", "", 200)
	c.hold("DELETE /"+silence.header.Get("Location")+"?x=1", "", 400)
	c.hold("DELETE /"+silence.header.Get("Location"), "", 204)
	c.hold("DELETE /silences/none", "", 404)

	if r := c.ask("PUT /checks", ""); r.status != 405 || r.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// without holds the answers of an API without a history, or without a file of checks, to
// the description.
func (c *checker) without(t *testing.T) {
	whole := c.world
	defer func() { c.world = whole }()
	for _, config := range []Config{{Scheduler: whole.Scheduler}, {Store: whole.Store}} {
		c.world = &world{API: New(config), t: t}
		mux := http.NewServeMux()
		c.Register(mux)
		server := httptest.NewServer(mux)
		c.url = server.URL + root
		switch {
		case config.Store == nil:
			for _, request := range []string{"GET /history", "GET /results?check=mx", "GET /incidents", "GET /incidents/x", "POST /incidents/x/ack",
				"DELETE /incidents/x/ack", "GET /silences", "POST /silences", "DELETE /silences/x"} {
				c.hold(request, "", 503)
			}
		default:
			for _, request := range []string{"GET /checks", "POST /run/mx", "GET /silences", "POST /silences", "GET /push/" + backupToken} {
				c.hold(request, "", 404)
			}
			c.hold("GET /incidents", "", 200)
		}
		server.Close()
	}
	whole.stop()
	for _, push := range []string{"GET /push/" + hookToken, "POST /push/" + hookToken} {
		c.world = whole
		c.hold(push, "", 503)
		c.hold(push+"/start", "", 503)
	}
}

// complete complains of answers that are described and were never given. 304 has a test of
// its own, and 403 is given by the frame.
func (c *checker) complete(t *testing.T) {
	for path, methods := range c.Paths {
		for method, operation := range methods {
			for code := range operation.Responses {
				if what := method + " " + path + " " + code; !c.seen[what] && code != "304" && code != "403" {
					t.Errorf("%s is described, and was never answered", what)
				}
			}
		}
	}
}

// parameters holds the parameters that are described against those that a handler lists
// where it is asked with another one.
func (c *checker) parameters(t *testing.T) {
	for path, methods := range c.Paths {
		for method, operation := range methods {
			described := []string{}
			for _, p := range operation.Parameters {
				if p.In == "query" {
					described = append(described, p.Name)
				}
			}
			at := strings.NewReplacer("{token}", hookToken, "{action}", "0", "{id}", "mx").Replace(path)
			r := c.ask(strings.ToUpper(method)+" "+at+"?zzzzzzzzzz=1", "")
			var said struct{ Detail string }
			r.into(t, &said)
			taken := []string{}
			if _, list, ok := strings.Cut(said.Detail, "; there are "); ok && list != "none here" {
				taken = strings.Split(list, ", ")
			}
			slices.Sort(described)
			slices.Sort(taken)
			if r.status != http.StatusBadRequest || !strings.HasPrefix(said.Detail, "there is no parameter ") || !slices.Equal(described, taken) {
				t.Errorf("%s %s takes %q, and %q are described: %d %s", method, path, taken, described, r.status, said.Detail)
			}
		}
	}
}

// TestBodies: what is wrong with a body is said in one line.
func TestBodies(t *testing.T) {
	for body, want := range map[string]string{
		`{"by": "a", "reason": "b"}`:  "",
		`{"by": "a", "by": "b"}`:      "by is given twice",
		`{"b\u0079": "a", "by": "b"}`: "by is given twice",
		`{"reason": "b", "By": "a"}`:  `there is no member "By"; did you mean by?`,
		`{"by": {"by": 1, "by": 2}}`:  "by is a text, not a object",
		`{"by": "a"} {}`:              "the body is no object of JSON",
		`{"by": "a"`:                  "the body is no object of JSON",
		`[]`:                          "the body is no object of JSON",
		`null`:                        "the body is no object of JSON",
		``:                            "the body is no object of JSON",
	} {
		r := httptest.NewRequest(http.MethodPost, root, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		var in signature
		got := ""
		if err := readBody(r, &in, "by", "reason"); err != nil {
			got = asProblem(err).detail
		}
		if got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
