package transport

import (
	"errors"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/probe/probetest"
	"mailprobe/wire"
)

// newWalk is a link to a server that has nothing to say.
func newWalk(t *testing.T) *Link {
	r := &probe.Result{Transcript: &wire.Transcript{}}
	l := NewLink(t.Context(), &probe.Options{Timeout: probe.DefaultTimeout}, &Options{}, probe.Target{}, r)
	l.Conn = probetest.Said()
	return l
}

var errStep = errors.New("refused")

// fine and bad are steps that end so.
func fine(name string) Step {
	return Step{Name: name, Do: func(*probe.Step) error { return nil }}
}

func bad(name string) Step {
	return Step{Name: name, Do: func(*probe.Step) error { return errStep }}
}

// did are the steps of a result with their statuses.
func did(l *Link) string {
	var words []string
	for _, s := range l.Result.Steps {
		words = append(words, s.Name+" "+s.Status.String())
	}
	return strings.Join(words, ", ")
}

func TestWalk(t *testing.T) {
	undue, spared := fine("c"), bad("c")
	undue.Due = func() bool { return false }
	spared.Spares = func(err error) bool { return errors.Is(err, errStep) }
	for _, test := range []struct {
		step Step
		want string
		err  error
	}{
		{fine("c"), "a OK, c OK, z OK", nil},
		{bad("c"), "a OK, c CRITICAL", errStep},
		{undue, "a OK, z OK", nil},
		{spared, "a OK, c CRITICAL, z OK", nil},
	} {
		l := newWalk(t)
		err := l.Walk([]Step{fine("a"), test.step, fine("z")})
		if !errors.Is(err, test.err) || did(l) != test.want {
			t.Errorf("got %s (%v), want %s (%v)", did(l), err, test.want, test.err)
		}
	}
}

func TestGoodbye(t *testing.T) {
	for _, test := range []struct {
		name    string
		step    Step
		failure error
		prepare func(*Link)
		want    string
	}{
		{"all is well", fine("quit"), nil, nil, "quit OK"},
		{"it fails", bad("quit"), nil, nil, "quit CRITICAL"},
		{"after a failure", fine("quit"), errStep, nil, "quit OK"},
		{"it fails after a failure", bad("quit"), errStep, nil, "quit SKIPPED"},
		{"the server hung up", fine("quit"), wire.ErrClosed, nil, ""},
		{"not connected", fine("quit"), errStep, func(l *Link) { l.Conn = nil }, ""},
		{"the handshake broke", fine("quit"), errStep, func(l *Link) { l.broken = true }, ""},
	} {
		l := newWalk(t)
		if test.prepare != nil {
			test.prepare(l)
		}
		l.Goodbye(test.step, test.failure)
		if did(l) != test.want {
			t.Errorf("%s: got %q, want %q", test.name, did(l), test.want)
		}
	}
}

func TestShorten(t *testing.T) {
	for text, want := range map[string]string{
		"short":                       "short",
		strings.Repeat("x", 81):       strings.Repeat("x", 77) + "...",
		strings.Repeat("x", 79) + "ü": strings.Repeat("x", 77) + "...",
	} {
		if got := Shorten(text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
