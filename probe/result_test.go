package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/wire"
)

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Result{}
		err := r.Run("one", func(s *Step) error {
			time.Sleep(1500 * time.Millisecond)
			s.Say("first")
			s.Say("")
			s.Say("second")
			s.raise(Warning, "odd", "do this")
			s.raise(OK, "fine", "do that")
			s.Learn(Text("a", "b"))
			return nil
		})
		want := Step{Name: "one", Status: Warning, Elapsed: 1500 * time.Millisecond, Detail: "first; second; odd; fine", Hint: "do this", Facts: []Fact{Text("a", "b")}}
		got := *r.Step("one")
		got.reason = ""
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %+v", err, got)
		}
		if err := r.Run("two", func(*Step) error { return errBroken }); !errors.Is(err, errBroken) || r.Step("two").Status != Critical {
			t.Errorf("%v: %+v", err, r.Step("two"))
		}
		if r.Step("three") != nil {
			t.Error("there is a step that did not run")
		}
	})
}

// TestRepeatedStep: the second step of a name is not run, and the result tells.
func TestRepeatedStep(t *testing.T) {
	ran := 0
	s := &stub{check: func(_ context.Context, _ Target, r *Result) error {
		for range 2 {
			if err := r.Run("one", func(*Step) error { ran++; return nil }); err != nil {
				return err
			}
		}
		return nil
	}}
	if r := s.do(t); ran != 1 || r.Status != Critical || !strings.Contains(r.Summary, "a step of this name ran before") {
		t.Errorf("ran %d times: %s %s", ran, r.Status, r.Summary)
	}
}

func TestVerdict(t *testing.T) {
	two := []string{"one", "two"}
	refused := &Failure{Status: Warning, Err: errors.New("450 later"), Hint: "wait", Refused: true}
	for name, c := range map[string]struct {
		stub *stub
		args string
		want string
	}{
		"all is well":             {steps(two, nil, nil), "", "OK one"},
		"a failure":               {steps(two, errBroken, nil), "", "CRITICAL one: it is broken"},
		"the first of the worst":  {steps(two, nil, errBroken), "", "CRITICAL two: it is broken"},
		"a refusal":               {steps(two, refused, nil), "", "WARNING one: 450 later"},
		"skipped alone":           {steps(two[:1], &Failure{Status: Skipped, Err: errors.New("not asked for")}), "", "SKIPPED one: not asked for"},
		"nothing ran":             {&stub{check: func(context.Context, Target, *Result) error { return nil }}, "", "UNKNOWN nothing was checked"},
		"no step told":            {&stub{check: func(context.Context, Target, *Result) error { return errBroken }}, "", "CRITICAL prepare: it is broken"},
		"the threshold of time":   {steps(two, nil, nil), "--crit @0:30", "CRITICAL two: total"},
		"no fact for a threshold": {steps(two, nil, nil), "--warn size=10", `UNKNOWN conditions: no fact "size" was learned for its threshold`},
		"no step for a pattern":   {steps(two[:1], nil), "--expect two=x", `UNKNOWN conditions: step "two" did not run, so its reply could not be matched`},
		"no condition on failure": {steps(two, errBroken, nil), "--warn size=10 --expect two=x", "CRITICAL one: it is broken"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.stub.do(t, strings.Fields(c.args)...)
			if got := strings.TrimSpace(r.Status.String() + " " + r.Summary); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s; want %s", got, c.want)
			}
		})
	}
}

// TestUnreportedError: an error that no step reported is never green.
func TestUnreportedError(t *testing.T) {
	s := &stub{check: func(_ context.Context, _ Target, r *Result) error {
		_ = r.Run("one", func(*Step) error { return nil })
		return errBroken
	}}
	if r := s.do(t); r.Status != Critical || r.Summary != "check: it is broken" {
		t.Errorf("%s %s", r.Status, r.Summary)
	}
}

func TestTotal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{check: func(_ context.Context, _ Target, r *Result) error {
			return r.Run("one", func(*Step) error { time.Sleep(2 * time.Second); return nil })
		}}
		r := s.do(t, "--warn", "500ms", "--crit", "total=1m")
		total, ok := r.Fact(TotalFact)
		if !ok || *total.Value != 2 || total.Unit != Seconds || total.Status != Warning || r.Status != Warning || r.Elapsed != 2*time.Second {
			t.Errorf("%+v, %s after %s", total, r.Status, r.Elapsed)
		}
	})
}

func TestFacts(t *testing.T) {
	r := &Result{Steps: []Step{
		{Name: "ehlo", Facts: []Fact{Text("extensions", "STARTTLS"), Text("banner", "x")}},
		{Name: "ehlo-tls", Facts: []Fact{Text("extensions", "AUTH")}},
	}}
	var names []string
	for _, f := range r.Facts() {
		names = append(names, f.Name+"="+f.Text)
	}
	if got := strings.Join(names, " "); got != "banner=x extensions=AUTH" {
		t.Errorf("the facts are %s", got)
	}
	if _, ok := r.Fact("size"); ok {
		t.Error("there is a fact that was not learned")
	}
}

// TestFactsOfTheVerdict: of a reply code that every step has, the one of the step that
// the verdict is about counts, and that of the goodbye only where there is no other.
func TestFactsOfTheVerdict(t *testing.T) {
	step := func(name string, status Status, codes ...string) Step {
		s := Step{Name: name, Status: status, Aside: name == "quit"}
		for _, c := range codes {
			s.Learn(Text("code", c))
		}
		return s
	}
	for name, c := range map[string]struct {
		steps []Step
		want  string
	}{
		"all is well":                     {[]Step{step("ehlo", OK, "250"), step("rcpt", OK, "251"), step("quit", OK, "221")}, "251"},
		"refused":                         {[]Step{step("ehlo", OK, "250"), step("rcpt", Critical, "550"), step("quit", OK, "221")}, "550"},
		"refused, and another accepted":   {[]Step{step("rcpt", Critical, "550"), step("rcpt-2", OK, "250"), step("quit", OK, "221")}, "550"},
		"refused twice":                   {[]Step{step("rcpt", Warning, "450"), step("rcpt-2", Critical, "550"), step("quit", OK, "221")}, "550"},
		"the goodbye failed":              {[]Step{step("ehlo", OK, "250"), step("quit", Warning, "500")}, "500"},
		"a verdict that is of no reply":   {[]Step{step("ehlo", OK, "250"), step("connect", Warning), step("quit", OK, "221")}, "250"},
		"two replies in the failing step": {[]Step{step("auth", Critical, "334", "535"), step("quit", OK, "221")}, "535"},
		"nothing but the goodbye":         {[]Step{step("quit", OK, "221")}, "221"},
	} {
		r := &Result{Steps: c.steps}
		if code, ok := r.Fact("code"); !ok || code.Text != c.want {
			t.Errorf("%s: the code is %q, want %s", name, code.Text, c.want)
		}
		if n := len(r.Facts()); n != 1 {
			t.Errorf("%s: %d facts of one name", name, n)
		}
	}
}

// TestWrongSideBySide: steps that ran side by side come in their order, the worst first.
func TestWrongSideBySide(t *testing.T) {
	r := &Result{Steps: []Step{
		{Name: "mx", Status: Warning, Took: 1}, {Name: "spf", Status: Critical, Took: 1}, {Name: "dkim", Status: OK, Took: 1},
		{Name: "dmarc-reports", Status: Critical, Took: 1}, {Name: "tlsrpt", Status: Unknown, Took: 1},
	}}
	var names []string
	for _, s := range r.Wrong() {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "spf dmarc-reports mx tlsrpt" {
		t.Errorf("the order is %s", got)
	}
}

// TestInterrupted: what was cut off by the user is unknown, whatever the cause
// the context was given.
func TestInterrupted(t *testing.T) {
	for name, cause := range map[string]error{"no cause": nil, "a cause": errors.New("interrupt signal received")} {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := &stub{check: func(ctx context.Context, _ Target, r *Result) error {
			_ = r.Run("one", func(*Step) error { return nil })
			cancel(cause)
			<-ctx.Done()
			return r.Run("two", func(*Step) error { return fmt.Errorf("reading: %w", ctx.Err()) })
		}}
		r := s.prepared(t).Do(ctx, Target{Host: "h"})[0]
		if r.Status != Unknown || r.Step("interrupted") == nil || r.Step("two").Status != Unknown {
			t.Errorf("%s: %s %s, %+v", name, r.Status, r.Summary, r.Steps)
		}
	}
}

func TestResultKeepsSecrets(t *testing.T) {
	s := &stub{check: func(_ context.Context, _ Target, r *Result) error {
		r.Transcript.Hide("secret1234")
		r.Summary = "all about secret1234"
		return r.Run("one", func(s *Step) error {
			s.Learn(Text("banner", "secret1234 ESMTP"))
			s.raise(Warning, "the server said SECRET1234", "change the secret")
			return fmt.Errorf("no: %q", "secret1234")
		})
	}}
	r := s.do(t)
	if hint := r.Step("one").Hint; hint != "change the secret" {
		t.Errorf("our own words were masked: %q", hint)
	}
	text, err := json.Marshal(r)
	if err != nil || strings.Contains(strings.ToLower(string(text)), "secret1") || strings.Count(string(text), "***") < 3 {
		t.Errorf("%v: %s", err, text)
	}
}

func TestJSON(t *testing.T) {
	value := 2.5
	tr, err := wire.ParseTranscript("S: 220 <b>\n+ 1.5s\n# it's \"x\"\nC: QUIT")
	if err != nil {
		t.Fatal(err)
	}
	r := &Result{
		Check: "smtp", Target: "mx.example.org", Address: "192.0.2.1:25", Start: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
		Elapsed: 1234567 * time.Microsecond, Status: Warning, Summary: "grüße <&>", Transcript: tr,
		Steps: []Step{
			{Name: "greeting", Status: OK, Elapsed: time.Nanosecond, Detail: "\x1b\u2028", Facts: []Fact{Text("banner", "x"), {Name: "n", Text: "2.5 s", Value: &value, Unit: Seconds, Status: Warning}}},
			{Name: "quit", Status: Skipped, Hint: "h"},
		},
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%q", back.Transcript.Lines()), fmt.Sprintf("%q", tr.Lines()); got != want {
		t.Errorf("transcript %s; want %s", got, want)
	}
	back.Transcript, r.Transcript = nil, nil
	if !reflect.DeepEqual(&back, r) {
		t.Errorf("%s\nis %+v\nwant %+v", text, &back, r)
	}
}

func TestJSONLeavesOutWhatIsEmpty(t *testing.T) {
	nan := math.NaN()
	text, err := json.Marshal(&Result{Check: "c", Target: "t", Steps: []Step{{Name: "s", Facts: []Fact{{Name: "f", Text: "t", Value: &nan}}}}})
	want := `{"check":"c","target":"t","start":"0001-01-01T00:00:00Z","elapsed":0,"status":"UNKNOWN",` +
		`"steps":[{"name":"s","status":"UNKNOWN","elapsed":0,"facts":[{"name":"f","text":"t","status":"UNKNOWN"}]}]}`
	if err != nil || string(text) != want {
		t.Errorf("%v: %s", err, text)
	}
	for _, bad := range []string{`[]`, `{"status":"green"}`, `{"transcript":["hello"]}`, `{"elapsed":"1s"}`, `{"steps":[{"status":1}]}`} {
		if err := json.Unmarshal([]byte(bad), &Result{}); err == nil {
			t.Errorf("%s was taken for a result", bad)
		}
	}
}

// TestWrongUnderHeadings: steps under headings are no session, of which the last matters
// most: the first of the worst is what the verdict is about.
func TestWrongUnderHeadings(t *testing.T) {
	r := &Result{Steps: []Step{
		{Name: "a", Group: "G", Status: Warning}, {Name: "b", Group: "G", Status: Critical}, {Name: "c", Group: "H", Status: Critical},
		{Name: "d", Group: "H", Status: Unknown}, {Name: "interrupted", Status: Unknown},
	}}
	var names []string
	for _, s := range r.Wrong() {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "b c interrupted a d" {
		t.Errorf("the order is %s", got)
	}
}
