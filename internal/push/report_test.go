package push

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"mailprobe/probe"
)

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// shown is a delivery in a line.
func shown(d probe.Delivery) string {
	text := d.Status.String()
	if d.Begin {
		text = "begin"
	}
	if d.ExitCode != nil {
		text += " exit " + string(rune('0'+*d.ExitCode%10))
	}
	if d.Took > 0 {
		text += " " + d.Took.String()
	}
	if d.Text != "" {
		text += " " + d.Text
	}
	if len(d.Body) > 0 {
		text += " [" + strings.Join(d.Body, "|") + "]"
	}
	return text
}

// TestReports: reports as scripts for healthchecks.io and Uptime Kuma send them.
func TestReports(t *testing.T) {
	for _, c := range []struct{ action, query, kind, body, want string }{
		{"", "", "", "", "OK"},
		{"", "status=up&msg=OK&ping=", "", "", "OK OK"},
		{"", "status=up&msg=OK&ping=25", "", "", "OK 25ms OK"},
		{"", "status=down&msg=disk+full", "", "", "CRITICAL disk full"},
		{"", "status=WARNING", "", "", "WARNING"},
		{"", "status=unknown&elapsed=1.5", "", "", "UNKNOWN 1.5s"},
		{"start", "rid=1d3e", "", "", "begin"},
		{"fail", "", formType, "rsync: it broke\nno space left\n", "CRITICAL no space left [rsync: it broke|no space left]"},
		{"0", "", "", "", "OK exit 0"},
		{"3", "", "text/plain", "one line\r\n", "CRITICAL exit 3 one line"},
		{"", "", formType, "status=down&msg=no+room", "CRITICAL no room"},
		{"", "", formType, "copied=3 of 4", "OK copied=3 of 4"},
		{"", "msg=short", "", "a\nb", "OK short [a|b]"},
		{"", "", jsonType, `{"status": "critical", "msg": "x", "exit_code": null, "elapsed": 2}`, "CRITICAL 2s x"},
		{"", "", jsonType, `{"exit_code": 7}`, "CRITICAL exit 7"},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseReport(Request{Action: c.action, Query: query, ContentType: c.kind, Body: strings.NewReader(c.body)})
		if err != nil || shown(d) != c.want {
			t.Errorf("%q ?%s %q: %s, %v; want %s", c.action, c.query, c.body, shown(d), err, c.want)
		}
	}
}

// TestWrongReports: a report that is not understood is refused, and never taken for good.
func TestWrongReports(t *testing.T) {
	for _, c := range []struct{ action, query, kind, body, want string }{
		{"", "staus=down", "", "", "did you mean status?"},
		{"", "zzzzzzzz=1", "", "", "there are elapsed"},
		{"", "status=dwn", "", "", "did you mean down?"},
		{"", "status=up&status=down", "", "", "status is given twice"},
		{"", "status=up", formType, "status=down", "status is given twice"},
		{"fail", "status=up", "", "", "fail in the path and by status"},
		{"3", "exit_code=0", "", "", "exit code and by exit code"},
		{"256", "", "", "", "an exit code from 0 to 255"},
		{"03", "", "", "", "an exit code from 0 to 255"},
		{"log", "", "", "", "an exit code from 0 to 255"},
		{"", "ping=-1", "", "", "ping: \"-1\" is no number"},
		{"", "elapsed=1e300", "", "", "up to a year"},
		{"", "elapsed=NaN", "", "", "up to a year"},
		{"", "ping=1&elapsed=1", "", "", "give one of them"},
		{"", "exit_code=-1", "", "", "no exit code"},
		{"", "", formType, "staus=down", "did you mean status?"},
		{"", "", formType, "status=%zz", "percent-encoded"},
		{"", "", jsonType, `{"status": ["up"]}`, "neither a text nor a number"},
		{"", "", jsonType, `down`, "no object of JSON"},
		{"", "", jsonType, `{} {}`, "no object of JSON"},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ParseReport(Request{Action: c.action, Query: query, ContentType: c.kind, Body: strings.NewReader(c.body)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q ?%s %q: %v; want %s", c.action, c.query, c.body, err, c.want)
		}
	}
}

// TestLongReport: of a body without end the end of what is read is kept, and one that
// breaks off is refused.
func TestLongReport(t *testing.T) {
	long := strings.NewReader(strings.Repeat("line\n", 50_000) + "the end")
	d, err := ParseReport(Request{ContentType: jsonType, Body: long})
	if err != nil || d.Text != "the end" || len(d.Body) != maxLines {
		t.Errorf("%q, %d lines, %v", d.Text, len(d.Body), err)
	}
	endless := io.MultiReader(strings.NewReader(strings.Repeat("x", 2*maxRead)), iotest.ErrReader(errors.New("read too far")))
	if d, err = ParseReport(Request{Body: endless}); err != nil || len(d.Text) > maxLine {
		t.Errorf("%d bytes, %v", len(d.Text), err)
	}
	broken := io.MultiReader(strings.NewReader("status="), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err = ParseReport(Request{ContentType: formType, Body: broken}); err == nil {
		t.Error("a body that breaks off is taken")
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add("", "status=up&ping=1", formType, []byte("status=down"))
	f.Add("3", "", jsonType, []byte(`{"exit_code": 1}`))
	f.Add("fail", "msg=x", "text/plain", []byte("a\r\nb\x00\xff"))
	f.Fuzz(func(t *testing.T, action, query, kind string, body []byte) {
		values, _ := url.ParseQuery(query)
		d, err := ParseReport(Request{Action: action, Query: values, ContentType: kind, Body: bytes.NewReader(body)})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") || len(err.Error()) > 300 {
				t.Errorf("the error is %q", err)
			}
			return
		}
		size := len(d.Text)
		for _, line := range d.Body {
			size += len(line)
		}
		if len(d.Text) > maxLine || size > maxLine+maxKept+maxLines*4 || len(d.Body) > maxLines || d.Took < 0 || d.Took > maxTook {
			t.Errorf("%+v", d)
		}
		if d.Status == probe.Skipped || d.Took > 365*24*time.Hour {
			t.Errorf("%+v", d)
		}
	})
}
