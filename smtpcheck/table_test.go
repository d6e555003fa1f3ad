package smtpcheck

import (
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/transport"
	"mailprobe/transport/transporttest"
)

// readReplyText makes evidence of a reply on one line, "\n" between the lines of a
// longer one.
func readReplyText(step, reply string) transport.Evidence {
	var r Reply
	for _, line := range strings.Split(reply, `\n`) {
		code, text, _, err := parseLine(line)
		if err != nil {
			return transport.Evidence{Step: tableStep(step), Code: "0", Text: reply}
		}
		r.Code, r.Lines = code, append(r.Lines, text)
	}
	r.Enhanced = enhancedCode(r)
	return evidence(step, r)
}

func TestTable(t *testing.T) { transporttest.Table(t, table(), readReplyText) }

// ownCauses are those that SMTP does not share, and that a reply alone shows.
func ownCauses() []*probe.Cause {
	others := slices.Concat(transport.Causes(), transport.DANECauses(), walkCauses())
	return slices.DeleteFunc(Causes(), func(c *probe.Cause) bool { return slices.ContainsFunc(others, c.Is) })
}

func TestCausesAreProduced(t *testing.T) {
	transporttest.Produced(t, ownCauses(), table())
}

func TestCorpus(t *testing.T) {
	if n := transporttest.Corpus(t, "testdata/replies.tsv", table(), readReplyText); n < 280 {
		t.Errorf("the corpus has %d replies, which are less than 280", n)
	}
}

// TestWordings holds the table to words that no server is known for: a row is for what
// is said, in whatever words.
func TestWordings(t *testing.T) {
	if n := transporttest.Corpus(t, "testdata/wordings.tsv", table(), readReplyText); n < 420 {
		t.Errorf("there are %d wordings, which are less than 420", n)
	}
}

// TestStatusFollowsBlame holds every cause to the rule by which a status follows from
// who has to act.
func TestStatusFollowsBlame(t *testing.T) {
	for _, c := range ownCauses() {
		var want probe.Status
		switch c.Blame {
		case probe.BlameServer, probe.BlameAccount, probe.BlameDNS:
			want = probe.Critical
		case probe.BlameNobody, probe.BlameNetwork:
			want = probe.Warning
		default:
			want = probe.Unknown
		}
		if c.Is(CauseRelayDenied) {
			want = probe.Critical
		}
		if c.Status != want {
			t.Errorf("%s: %s is to act, so its status is %v and not %v", c.Name, c.Blame, want, c.Status)
		}
	}
}

// TestEveryRefusalHasARow asks for every code at every step.
func TestEveryRefusalHasARow(t *testing.T) {
	for _, step := range stepNames() {
		for code := 300; code < 600; code++ {
			if table().Find(evidence(step, Reply{Code: code, Lines: []string{"no"}})) == nil {
				t.Fatalf("no row for %d at %s", code, step)
			}
		}
	}
}

func TestWords(t *testing.T) {
	for said, want := range map[string]string{
		"5.1.1 <greylist@example.org>: User unknown":        "5.1.1 <>: User unknown",
		"Greylisted, see <https://example.org/grey/>":       "Greylisted, see <https://example.org/grey/>",
		"write to postmaster@example.org":                   "write to <>",
		"<spam.example.net>: Helo command rejected":         "<>: Helo command rejected",
		"see http://www.openspf.net/Why?id=b@example.net x": "see http://www.openspf.net/Why?id=b@example.net x",
	} {
		if got := words(Reply{Lines: []string{said}}); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}
