package suite

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// TestOneCertificate: a certificate that four checks see on four hosts is one alert when
// it expires and one when it is renewed, however bad it is for each; another certificate is
// another alert, and so is what fails behind the same certificate.
func TestOneCertificate(t *testing.T) {
	expired := &probe.Cause{Name: "cert-expired", Blame: probe.BlameServer, Status: probe.Critical, Meaning: "m", Hint: "renew it", Source: "s"}
	bad := true
	f := &fake{check: func(_ context.Context, host string, r *probe.Result) error {
		tls := r.Run("greeting", func(s *probe.Step) error {
			name := "one"
			if host == "other" {
				name = "two"
			}
			if !bad {
				name += " renewed"
			}
			s.Learn(probe.Text("cert_sha256", name))
			switch {
			case bad && host == "optional":
				s.RaiseFor(expired.As(probe.Warning), "on "+host+" it has expired")
			case bad && host != "refused":
				return probe.Because(expired, errors.New("on "+host+" it has expired"))
			}
			return nil
		})
		return errors.Join(tls, r.Run("look", func(*probe.Step) error {
			if bad && host == "refused" {
				return probe.Because(causeFull, errors.New("full"))
			}
			return nil
		}))
	}}
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()
	r := newRuns(t)
	once := func() string {
		hook.messages = nil
		r.run(f.parse(t, `
defaults: {alert_after: 1}
notify: {each: true, webhook: "`+web.URL+`"}
checks:
  - {name: optional, kind: fake, target: optional}
  - {name: mx, kind: fake, targets: [a, b, c]}
  - {name: other, kind: fake, target: other}
  - {name: refused, kind: fake, target: refused}
`))
		slices.SortFunc(hook.messages, func(a, b notify.Message) int { return strings.Compare(a.Subject, b.Subject) })
		var subjects []string
		for _, m := range hook.messages {
			subjects = append(subjects, m.Subject)
		}
		return strings.Join(subjects, "\n")
	}
	want := `CRITICAL mx a, mx b, mx c, optional: greeting: on a it has expired
CRITICAL other: greeting: on other it has expired
CRITICAL refused: look: full`
	if got := once(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	text := hook.messages[0].Text
	if strings.Count(text, "cert-expired") != 1 || !strings.Contains(text, "mx b (fake b), mx c (fake c), optional (fake optional, WARNING)") {
		t.Error(text)
	}
	bad = false
	want = `RECOVERED optional, mx a, mx b, mx c: OK again after 5 min
RECOVERED other: OK again after 5 min
RECOVERED refused: OK again after 5 min`
	if got := once(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
