package probe

import (
	"context"
	"errors"
	"strings"
	"testing"

	"mailprobe/wire"
)

func TestPatternsSet(t *testing.T) {
	var p Patterns
	for _, text := range []string{"greeting=^220", "greeting=ESMTP", "rcpt=a=b"} {
		if err := p.Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if len(p["greeting"]) != 2 || p["rcpt"][0].String() != "a=b" || strings.Join(p.steps(), " ") != "greeting rcpt" {
		t.Errorf("patterns %v", p)
	}
	for _, bad := range []string{"", "greeting", "=x", "greeting=[", "greeting=(?!x)"} {
		if err := p.Set(bad); err == nil {
			t.Errorf("%q was taken for a pattern", bad)
		}
	}
}

// said is a stub in whose step the server says the lines, and which then ends in
// the error.
func said(err error, lines ...string) *stub {
	return &stub{check: func(_ context.Context, _ Target, r *Result) error {
		r.Transcript.Record(wire.Server, "220 before the step")
		return r.Run("one", func(*Step) error {
			for _, line := range lines {
				r.Transcript.Record(wire.Server, line)
			}
			return err
		})
	}}
}

func TestExpectAndReject(t *testing.T) {
	refused := &Failure{Status: Warning, Err: errors.New(`the server said "550 no"`), Hint: "ask it", Refused: true}
	for name, c := range map[string]struct {
		stub *stub
		args string
		want string
	}{
		"matches":                     {said(nil, "250 ok"), "--expect one=^250", "OK one"},
		"every one must":              {said(nil, "250 ok"), "--expect one=^250 --expect one=no", "CRITICAL one: the reply does not match --expect one=no"},
		"any line will do":            {said(nil, "250-a", "250 b"), "--expect one=(?m)^250.b", "OK one"},
		"not before the step":         {said(nil, "250 ok"), "--expect one=before", "CRITICAL one"},
		"said nothing":                {said(nil), "--expect one=250", "CRITICAL one"},
		"rejected":                    {said(nil, "250 ok"), "--reject one=ok", "CRITICAL one: the reply matches --reject one=ok"},
		"not rejected":                {said(nil, "250 ok"), "--reject one=no", "OK one"},
		"both":                        {said(nil, "250 ok"), "--expect one=250 --reject one=ok", "CRITICAL one"},
		"another step":                {said(nil, "250 ok"), "--reject two=ok", `UNKNOWN conditions: step "two" did not run`},
		"a refusal that was expected": {said(refused, "550 no"), "--expect one=^550", `OK one: the server said "550 no", as expected`},
		"another refusal":             {said(refused, "550 no"), "--expect one=^551", `CRITICAL one: the server said "550 no"; the reply does not match --expect one=^551`},
		"a refusal, rejected":         {said(refused, "550 no"), "--reject one=^550", `CRITICAL one: the server said "550 no"; the reply matches --reject one=^550`},
		"a refusal, not rejected":     {said(refused, "550 no"), "--reject one=^250", `WARNING one: the server said "550 no"`},
		"a failure is none":           {said(errBroken, "550 no"), "--expect one=^550", "CRITICAL one: it is broken"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.stub.do(t, strings.Fields(c.args)...)
			got := r.Status.String() + " " + r.Summary
			if r.Status == OK {
				got = strings.TrimSuffix("OK one: "+r.Step("one").Detail, ": ")
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("%s; want %s", got, c.want)
			}
		})
	}
}

func TestPatternsOfUnknownSteps(t *testing.T) {
	_, err := steps(nil).parsed("--expect", "three=x")
	if err == nil || !strings.Contains(err.Error(), `there is no step "three"; the steps are one, two`) {
		t.Errorf("error %v", err)
	}
}
