package report

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/probe"
)

// TestTableWidth makes sure that no line is wider than the terminal, and none
// ends in blanks.
func TestTableWidth(t *testing.T) {
	for _, width := range []int{0, 60, 80, 100, 120, 200} {
		for _, results := range [][]*probe.Result{{session(t)}, {ping()}, several(t), {session(t), ping()}} {
			got := printed(t, "table", Options{Width: width}, results...)
			for line := range strings.Lines(got) {
				line = strings.TrimSuffix(line, "\n")
				if w := displayWidth(line); w > (Options{Width: width}).columns() {
					t.Errorf("at width %d a line has %d columns: %s\n%s", width, w, line, got)
				}
				if strings.HasSuffix(line, " ") {
					t.Errorf("a line ends in a blank: %q", line)
				}
			}
		}
	}
}

func TestTableNarrow(t *testing.T) {
	for _, width := range []int{1, 20, 40, 50} {
		checkPrintable(t, printed(t, "table", Options{Width: width}, several(t)...))
		checkPrintable(t, printed(t, "table", Options{Width: width}, hostile(t, "日本語 words")))
	}
}

// TestTableColor makes sure that colours change nothing but the colours, and
// that there are none where they were not asked for.
func TestTableColor(t *testing.T) {
	for _, results := range [][]*probe.Result{{session(t)}, several(t)} {
		plain := printed(t, "table", Options{}, results...)
		coloured := printed(t, "table", Options{Color: true}, results...)
		if strings.Contains(plain, "\x1b") {
			t.Errorf("colours without being asked for: %q", plain)
		}
		if !strings.Contains(coloured, "\x1b[") {
			t.Error("no colours")
		}
		if got := uncoloured(coloured); got != plain {
			t.Errorf("without its colours the table is\n%s\nnot\n%s", got, plain)
		}
		if open := strings.LastIndex(coloured, "\x1b["); !strings.HasPrefix(coloured[open:], sgrReset) {
			t.Errorf("colours are left on: %q", coloured[open:])
		}
	}
}

func uncoloured(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		b.WriteString(part)
	}
	return b.String()
}

func TestTableFacts(t *testing.T) {
	r := session(t)
	brief := printed(t, "table", Options{}, r)
	_, facts, _ := strings.Cut(brief, "FACT")
	for _, shown := range []string{"tls_version", "banner", "address", "total"} {
		if strings.Contains(facts, shown) {
			t.Errorf("%s is shown twice:\n%s", shown, brief)
		}
	}
	for _, needed := range []string{"cert_subject", "extensions", "cert_days_left  9  WARNING"} {
		if !strings.Contains(facts, needed) {
			t.Errorf("%s is missing:\n%s", needed, brief)
		}
	}
	_, facts, _ = strings.Cut(printed(t, "table", Options{Verbose: true}, r), "FACT")
	for _, f := range r.Facts() {
		if !strings.Contains(facts, f.Name) {
			t.Errorf("%s is missing when verbose", f.Name)
		}
	}
}

func TestMentions(t *testing.T) {
	for _, c := range []struct {
		detail, name, text string
		want               bool
	}{
		{"TLS 1.3, X25519", "tls_version", "TLS 1.3", true},
		{"TLS 1.30", "tls_version", "TLS 1.3", false},
		{"5 sent, 4 received", "sent", "5", true},
		{"status 5", "messages", "5", false},
		{"reply 2500 bytes, 250 in all", "code", "250", true},
		{"", "code", "250", false},
	} {
		if got := mentions(c.detail, probe.Text(c.name, c.text)); got != c.want {
			t.Errorf("mentions(%q, %s %q) = %v", c.detail, c.name, c.text, got)
		}
	}
}

func TestTableCap(t *testing.T) {
	const extra = 7
	var results []*probe.Result
	for i := range maxRows + extra {
		results = append(results, failed(fmt.Sprintf("mx%d.example.org", i), probe.OK, "fine"))
	}
	got := printed(t, "table", Options{}, results...)
	if n := strings.Count(got, "fine"); n != maxRows {
		t.Errorf("%d rows, want %d", n, maxRows)
	}
	if !strings.Contains(got, "10007 targets: 10007 OK\n7 more are not shown; -o jsonl") {
		t.Errorf("the footer does not name what is missing: %s", got[len(got)-200:])
	}
}

// TestTableVerbose makes sure that each result is shown as it comes.
func TestTableVerbose(t *testing.T) {
	var b strings.Builder
	p := newTable(&b, Options{Verbose: true})
	for _, r := range several(t) {
		if err := p.Print(r); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), r.Target) {
			t.Errorf("%s is held back", r.Target)
		}
	}
}

// TestTableHints makes sure that below several results each hint is shown once,
// and none of a result that is OK.
func TestTableHints(t *testing.T) {
	got := printed(t, "table", Options{}, failed("a", probe.Critical, "x"), failed("b", probe.OK, "x"),
		failed("c", probe.Warning, "x"), failed("d", probe.Unknown, "x"))
	if want := "hint for a and 2 more: see whether the server runs\n"; strings.Count(got, "hint") != 1 || !strings.HasSuffix(got, want) {
		t.Errorf("the end is not %q:\n%s", want, got)
	}
}

// wide are results whose targets are long: an exchanger at an IPv6 address.
func wide(t testing.TB) []*probe.Result {
	a := failed("mx1.example.org[2001:db8:85a3:8d3:1319:8a2e:370:7348]:25", probe.Critical,
		`rcpt: the server answered RCPT with "452 4.2.2 <alice@example.org>: Recipient address rejected: Mailbox is full, and it has been so for longer than anybody here can remember" (+1 more)`)
	b := failed("mx2.example.org[192.0.2.25]:25", probe.OK, "mx2.example.org ESMTP Postfix, TLS 1.3, certificate good for 90 days")
	return []*probe.Result{a, b}
}

// TestTableWhole makes sure that no address and no name is broken where a terminal has
// room for it, and that the reason is there beside a long quotation.
func TestTableWhole(t *testing.T) {
	for _, width := range []int{60, 80, 100, 120, 200} {
		got := printed(t, "table", Options{Width: width}, wide(t)...)
		for _, whole := range []string{"mx1.example.org", "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:25", "mx2.example.org", "[192.0.2.25]:25", "rcpt: the server", "(+1 more)"} {
			if !strings.Contains(got, whole) {
				t.Errorf("%d columns: %q is not in one piece:\n%s", width, whole, got)
			}
		}
		for line := range strings.Lines(got) {
			if displayWidth(strings.TrimSuffix(line, "\n")) > width {
				t.Errorf("%d columns: a line is too wide: %q", width, line)
			}
		}
	}
}

// TestTableReasonFirst makes sure that a step says what is wrong before what the server
// said.
func TestTableReasonFirst(t *testing.T) {
	r := &probe.Result{Check: "smtp", Target: "mx.example.org", Start: start}
	err := r.Run("starttls", func(s *probe.Step) error {
		s.Say(`"220 2.0.0 Ready"`)
		s.RaiseFor(probe.CauseThreshold.As(probe.Warning), "the certificate expired \x1b")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := printed(t, "table", Options{}, r); !strings.Contains(got, `the certificate expired \x1b; "220 2.0.0 Ready"`) {
		t.Errorf("the reason is not first:\n%s", got)
	}
}
