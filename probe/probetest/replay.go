package probetest

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/wire"
)

// replay plays the recorded transcripts as servers and compares the statuses.
func replay(t *testing.T, kind probe.Kind, words []string, played *network, results []*probe.Result) {
	t.Helper()
	sessions, err := recorded(played, results)
	if err != nil {
		t.Errorf("playing the transcript back: %v", err)
		return
	}
	n := &network{authority: played.authority, zone: played.zone, resolver: played.resolver, args: played.args, sessions: sessions}
	again, err := check(t.Context(), kind, n, words)
	if err != nil {
		t.Errorf("playing the transcript back: %v", err)
		return
	}
	deviations, unclosed := n.finish()
	for _, fault := range append(deviations, unclosed...) {
		t.Errorf("playing the transcript back: %v", fault)
	}
	if got, want := statuses(again.results), statuses(results); got != want {
		t.Errorf("playing the transcript back: got %s, the first time it was %s", got, want)
	}
}

// recorded makes sessions of what was dialled and of the results' transcripts.
func recorded(played *network, results []*probe.Result) ([]session, error) {
	var sessions []session
	for i, d := range played.dialled {
		s := session{name: fmt.Sprint(i + 1), fault: d.session.fault}
		if !d.session.isNext() {
			s.name = d.session.name
		}
		if d.session.script != nil {
			transcript, err := transcriptOf(results, d.address, len(played.dialled) == 1)
			if err != nil {
				return nil, err
			}
			s.script, err = wire.ParseTranscript(withCertificates(transcript, d.session.script))
			if err != nil {
				return nil, err
			}
		}
		sessions = append(sessions, s)
	}
	return sessions, nil
}

// transcriptOf finds the transcript of the only connection, or that to an address.
func transcriptOf(results []*probe.Result, address string, only bool) (*wire.Transcript, error) {
	for _, r := range results {
		if r.Transcript != nil && (only || r.Address == address) {
			return r.Transcript, nil
		}
	}
	return nil, fmt.Errorf("no result is of the connection to %s; a noreplay section could say why", address)
}

// withCertificates prints a transcript with the sorts of certificate, which the
// client does not know, of the script it came from.
func withCertificates(transcript, script *wire.Transcript) string {
	var sorts []string
	for _, e := range script.Since(0) {
		if e.Kind == wire.Directive && strings.HasPrefix(e.Text, wire.StartTLS) {
			sorts = append(sorts, e.Text)
		}
	}
	lines := transcript.Lines()
	for i, line := range lines {
		if line == string(wire.Directive)+" "+wire.StartTLS && len(sorts) > 0 {
			lines[i], sorts = string(wire.Directive)+" "+sorts[0], sorts[1:]
		}
	}
	return strings.Join(lines, "\n")
}

// statuses are those of the results and all their steps.
func statuses(results []*probe.Result) string {
	var words []string
	for _, r := range results {
		words = append(words, r.Status.String())
		for _, s := range r.Steps {
			words = append(words, s.Name+"="+s.Status.String())
		}
	}
	return strings.Join(words, " ")
}
