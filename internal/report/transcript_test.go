package report

import (
	"slices"
	"strings"
	"testing"

	"mailprobe/wire"
)

// TestTranscriptPlays makes sure that what is printed is a script again, with
// every line of the session in it.
func TestTranscriptPlays(t *testing.T) {
	for name, text := range hostileTexts {
		r := hostile(t, text)
		script, err := wire.ParseTranscript(printed(t, "transcript", Options{}, r, session(t), r))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := lineOf(t, r.Transcript, wire.Server)
		if got := lineOf(t, script, wire.Server); got != want {
			t.Errorf("%s: the server's line came back as %.200q, want %.200q", name, got, want)
		}
	}
}

// lineOf returns the first line of a kind as it was on the wire.
func lineOf(t *testing.T, transcript *wire.Transcript, kind wire.EventKind) string {
	t.Helper()
	events := transcript.Since(0)
	i := slices.IndexFunc(events, func(e wire.Event) bool { return e.Kind == kind })
	if i < 0 {
		t.Fatalf("no %s line", kind)
	}
	line, err := wire.Unquote(events[i].Text)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestTranscriptEmpty(t *testing.T) {
	r := session(t)
	r.Transcript = &wire.Transcript{}
	got := printed(t, "transcript", Options{}, r, ping())
	want := "# smtp mx.example.org (192.0.2.25:25): WARNING starttls: the certificate expires in 9 days, on 23 Mar 2026 (warning below 14)\n\n" +
		"# ping 192.0.2.1 (192.0.2.1): OK 5 sent, 4 received, 20% loss, 11.9 ms on average\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if _, err := wire.ParseTranscript(got); err != nil {
		t.Error(err)
	}
	if strings.Contains(got, "\n\n\n") {
		t.Errorf("empty lines in a row: %q", got)
	}
}
