package show

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"mailprobe/internal/history"
	"mailprobe/internal/history/historytest"
	"mailprobe/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

var until = time.Date(2026, 9, 8, 12, 0, 0, 0, time.UTC)

// data gathers the data of a generated history of a week.
func data(t *testing.T, banner, name string, since time.Duration) *Data {
	t.Helper()
	s, err := history.Open(t.Context(), filled(t, banner), history.Options{Now: func() time.Time { return until }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	d, err := Gather(t.Context(), s, history.Filter{Name: name, Since: until.Add(-since)}, until)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// filledFiles are the histories that filled has made, by banner.
var filledFiles sync.Map

// filled returns a history of three checks that several tests read: making one takes longer
// than what most of them do with it.
func filled(t *testing.T, banner string) string {
	t.Helper()
	made, _ := filledFiles.LoadOrStore(banner, sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp(filledDir, "")
		if err != nil {
			return "", err
		}
		path := filepath.Join(dir, history.FileName)
		s, err := history.Open(context.Background(), path, history.Options{Now: func() time.Time { return until }})
		if err != nil {
			return "", err
		}
		p := historytest.Plan{Checks: 3, Days: 6, Every: 2 * time.Hour, Until: until, Banner: banner}
		return path, errors.Join(p.Fill(context.Background(), s), s.Close())
	}))
	path, err := made.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// filledDir is where filled makes its files.
var filledDir string

func TestMain(m *testing.M) {
	var err error
	if filledDir, err = os.MkdirTemp("", "mailprobe-show-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(filledDir)
	os.Exit(code)
}

func golden(t *testing.T, name string, show func(io.Writer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := show(&got); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is not as in %s (-update, then read it):\n%s", name, file, got.String())
	}
}

func TestGolden(t *testing.T) {
	const week = 7 * 24 * time.Hour
	all, one := data(t, "ESMTP Postfix", "", week), data(t, "ESMTP Postfix", "relay", week)
	short, none := data(t, "ESMTP Postfix", "relay", 12*time.Hour), data(t, "ESMTP Postfix", "relay", time.Minute)
	none.Checks = nil
	for name, d := range map[string]*Data{"all": all, "relay": one, "relay-12h": short, "none": none} {
		golden(t, name+".txt", func(w io.Writer) error { return d.Table(w, report.Options{Width: 100}) })
	}
	golden(t, "relay.json", one.JSON)
	golden(t, "none.json", none.JSON)
	golden(t, "relay-12h.csv", short.CSV)
}

// hostile is a reply that no output may obey.
const hostile = "\x1b[2J\x1b]0;owned\a\u202e</title></style><script>document.title='owned'</script>" +
	`<img src=LEAK/img onerror="document.title='owned'">"'><svg onload=document.title='owned'> {{.Policy}} =HYPERLINK("x")`

func TestHostile(t *testing.T) {
	d := data(t, hostile, "", 3*24*time.Hour)
	for i := range d.Checks {
		d.Checks[i].Name = "=" + hostile
	}
	for i := range d.Incidents {
		d.Incidents[i].Name, d.Incidents[i].Summary = hostile, hostile
	}
	for name, show := range map[string]func(io.Writer) error{
		"table": func(w io.Writer) error { return d.Table(w, report.Options{}) }, "csv": d.CSV, "json": d.JSON,
		"page": func(w io.Writer) error { return d.HTML(w, "") },
	} {
		var out bytes.Buffer
		if err := show(&out); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(out.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == '\u202e' || r == 0x7f }); i >= 0 {
			t.Errorf("%s: %q is shown as it came", name, out.String()[i])
		}
		if name == "page" && strings.Count(out.String(), "<script") != 1 || name == "csv" && strings.Contains(out.String(), ",=") {
			t.Errorf("%s: hostile text is not inert", name)
		}
	}
}

// TestPageStandsAlone: the page has no script but its own, and nothing to load.
func TestPageStandsAlone(t *testing.T) {
	var out bytes.Buffer
	if err := data(t, "ESMTP", "", 5*24*time.Hour).HTML(&out, "v1"); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, bad := range []string{"http://", "https://", "@import", "url(", " src=", "style=", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q in it", bad)
		}
	}
	if strings.Count(page, "<script") != 1 || !strings.Contains(page, "<script>"+pageScript()+"</script>") {
		t.Error("there is another script in the page than its own")
	}
	for _, want := range []string{"default-src &#39;none&#39;", "prefers-color-scheme", `class="chart"`, "1 of 3 checks is not OK", "Certificates", "452 4.2.2"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q in it", want)
		}
	}
}

// TestTableFits: no line is longer than the terminal is wide.
func TestTableFits(t *testing.T) {
	const month = 30 * 24 * time.Hour
	for _, width := range []int{80, 100, 120} {
		for _, name := range []string{"", "submission"} {
			var out bytes.Buffer
			if err := data(t, "ESMTP Postfix", name, month).Table(&out, report.Options{Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%d of %d columns: %s", n, width, line)
				}
			}
		}
	}
}
