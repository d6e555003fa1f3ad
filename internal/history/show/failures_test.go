package show

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// failures returns three failures of two targets: one in full, the same again, and one
// without texts.
func failures(text string) *Failures {
	at := func(minute int) time.Time { return until.Add(time.Duration(minute-60) * time.Minute) }
	of := func(target string, minute int, summary string) history.Single {
		return history.Single{
			Series: history.Series{Name: "mailbox", Kind: "pop3", Target: target}, Whole: minute != 5,
			Result: &probe.Result{
				Start: at(minute), Status: probe.Critical, Elapsed: 90 * time.Millisecond, Summary: summary,
				Cause: &probe.Cause{Name: "bad-credentials", Blame: probe.BlameAccount},
			},
		}
	}
	refused := `login: the server refused the log-in: "-ERR [AUTH] ` + text + `"`
	return &Failures{
		Name: "mailbox" + text, Since: at(0), Until: until, More: 1200,
		All: []history.Single{
			of("pop.example.org", 15, refused), of("pop.example.org", 10, refused), of("pop2.example.org"+text, 5, "login: bad-credentials"),
		},
	}
}

func TestFailures(t *testing.T) {
	f := failures("")
	golden(t, "failures.txt", func(w io.Writer) error { return f.Table(w, report.Options{Width: 100}) })
	golden(t, "failures.json", f.JSON)
	golden(t, "failures.csv", f.CSV)
	f.All, f.More = f.All[:2], 0 // of one target
	golden(t, "failures-one.txt", func(w io.Writer) error { return f.Table(w, report.Options{Width: 100}) })
}

// TestFailuresHostile: replies of hostile servers are inert in every format.
func TestFailuresHostile(t *testing.T) {
	f := failures(hostile)
	f.Name = "=" + f.Name
	var text, table, lines bytes.Buffer
	if err := f.JSON(&text); err != nil {
		t.Fatal(err)
	}
	if err := validate(t, "failures.schema.json", text.Bytes()); err != nil {
		t.Error(err)
	}
	if bad := strings.Replace(text.String(), `"CRITICAL"`, `"OK"`, 1); validate(t, "failures.schema.json", []byte(bad)) == nil {
		t.Error("the schema takes a failure that is OK")
	}
	if err := f.Table(&table, report.Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	if err := f.CSV(&lines); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{text.String(), table.String(), lines.String()} {
		if strings.ContainsAny(out, "\x1b\a\u202e") || strings.Contains(out, ",=") {
			t.Errorf("hostile text is not inert:\n%s", out)
		}
	}
}
