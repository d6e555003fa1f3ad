package pop3check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mailprobe/probe/probetest"
	"mailprobe/transport"
	"mailprobe/wire"
)

func TestParseMaildrop(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"2 320", "2 320"},
		{"0 0", "0 0"},
		{"2 320 and more", "2 320"},
		{"2147483647 9223372036854775807", "2147483647 9223372036854775807"},
		{"2147483648 1", "bad"},
		{"1 9223372036854775808", "bad"},
		{"2 12345678901234567890123", "bad"},
		{"-2 320", "bad"},
		{"+2 320", "bad"},
		{"2 -320", "bad"},
		{"2  320", "bad"},
		{" 2 320", "bad"},
		{"2", "bad"},
		{"2 ", "bad"},
		{"", "bad"},
		{"two 320", "bad"},
		{"1_0 3", "bad"},
		{"0x2 3", "bad"},
		{"2\t320", "bad"},
		{"２ ３", "bad"},
	} {
		drop, ok := parseMaildrop(test.text)
		if got := numbers(drop.Messages, drop.Octets, ok); got != test.want {
			t.Errorf("%q: got %s, want %s", test.text, got, test.want)
		}
	}
}

func TestParseScan(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"1 120", "1 120"},
		{"1 0", "1 0"},
		{"1 120 unread", "1 120"},
		{"0 120", "bad"},
		{"1", "bad"},
		{"1 x", "bad"},
		{"1 -1", "bad"},
		{"99999999999 1", "bad"},
		{"", "bad"},
	} {
		scan, ok := parseScan(test.line)
		if got := numbers(scan.Number, scan.Octets, ok); got != test.want {
			t.Errorf("%q: got %s, want %s", test.line, got, test.want)
		}
	}
}

func numbers(a int, b int64, ok bool) string {
	if !ok {
		return "bad"
	}
	return fmt.Sprintf("%d %d", a, b)
}

func TestParseUniqueID(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"1 whqtswO00WBw418f9t5JxYwZ", "1 whqtswO00WBw418f9t5JxYwZ"},
		{"2 !~", "2 !~"},
		{"1 " + strings.Repeat("x", 70), "1 " + strings.Repeat("x", 70)},
		{"1 " + strings.Repeat("x", 71), "bad"},
		{"1 a b", "bad"},
		{"1 a\x7f", "bad"},
		{"1 ä", "bad"},
		{"1 ", "bad"},
		{"1", "bad"},
		{"0 a", "bad"},
		{"-1 a", "bad"},
	} {
		id, ok := parseUniqueID(test.line)
		got := "bad"
		if ok {
			got = fmt.Sprintf("%d %s", id.Number, id.ID)
		}
		if got != test.want {
			t.Errorf("%q: got %s, want %s", test.line, got, test.want)
		}
	}
}

// A listing that goes on is given up at what STAT lets expect.
func TestListingLimit(t *testing.T) {
	flood := strings.Repeat("S: 1 1 "+strings.Repeat("x", 400)+"\n", 200)
	s := greeted(t, "C: STAT\nS: +OK 1 1\nC: LIST\nS: +OK\n"+flood+"C: QUIT\n")
	if _, err := s.Stat(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(); !errors.Is(err, wire.ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
	if _, err := s.Quit(); !errors.Is(err, transport.ErrOwed) {
		t.Errorf("QUIT in the middle of a listing: %v", err)
	}
}

// A listing in any order is sorted, so that the size of a message is found in many.
func TestListingOrder(t *testing.T) {
	s := greeted(t, "C: LIST\nS: +OK\nS: 3 30\nS: 1 10\nS: .\nC: QUIT\nS: +OK\n")
	listed, err := s.List()
	if err != nil || !slices.Equal(listed, []Scan{{1, 10}, {3, 30}}) {
		t.Fatal(listed, err)
	}
	w := &walk{listed: listed}
	for number, want := range map[int]int64{0: 0, 1: 10, 2: 0, 3: 30, 4: 0} {
		if octets, ok := w.size(number); octets != want || ok != (want > 0) {
			t.Errorf("message %d has %d octets, %t", number, octets, ok)
		}
	}
	if _, err := s.Quit(); err != nil {
		t.Error(err)
	}
}

// A fault in a listing does not keep the session from going on.
func TestListingFaultKeepsStep(t *testing.T) {
	s := greeted(t, "C: UIDL\nS: +OK\nS: nonsense\nS: 2 b\nS: .\nC: QUIT\nS: +OK\n")
	if _, err := s.UIDL(); !isProtocolError(err) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Quit(); err != nil {
		t.Error(err)
	}
}

func FuzzListings(f *testing.F) {
	for _, line := range []string{"1 120", "2147483648 1", "1 -1", "1 a", "", "1 1 1", "\x00"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if drop, ok := parseMaildrop(line); ok && (drop.Messages < 0 || drop.Octets < 0 || !leads(line, drop.Messages)) {
			t.Errorf("STAT %q is %+v", line, drop)
		}
		if scan, ok := parseScan(line); ok && (scan.Number < 1 || scan.Octets < 0 || !leads(line, scan.Number)) {
			t.Errorf("LIST %q is %+v", line, scan)
		}
		if id, ok := parseUniqueID(line); ok && (!leads(line, id.Number) || !strings.HasSuffix(line, " "+id.ID)) {
			t.Errorf("UIDL %q is %+v", line, id)
		}
	})
}

// leads reports whether a line begins with a number, but for zeros before it.
func leads(line string, n int) bool {
	digits, _, _ := strings.Cut(line, " ")
	return strings.TrimLeft(digits, "0") == strings.TrimLeft(fmt.Sprint(n), "0")
}

// The answer must be about the message that was asked for.
func TestUIDLOf(t *testing.T) {
	for _, test := range []struct{ answer, want string }{
		{"+OK 2 QhdPYR:00WBw1Ph7x7", "QhdPYR:00WBw1Ph7x7"},
		{"-ERR no such message", "refused"},
		{"+OK 3 QhdPYR:00WBw1Ph7x7", "bad"},
		{"+OK", "bad"},
		{"+OK 2", "bad"},
		{"+OK 2 a b", "bad"},
		{"+OK 2 " + strings.Repeat("x", 71), "bad"},
		{"+OK id2", "bad"},
		{"+OK\r\n1 a\r\n2 b\r\n.", "b"},
		{"+OK 2 messages\r\n1 a\r\n2 b\r\n.", "b"},
		{"+OK\r\n2 b\r\n.", "b"},
		{"+OK\r\n1 a\r\n.", "bad"},
	} {
		s := NewSession(probetest.Said(test.answer + "\r\n"))
		s.owed = false
		got, err := s.UIDLOf(2)
		var refusal *Refusal
		var fault *ProtocolError
		switch {
		case errors.As(err, &refusal):
			got = "refused"
		case errors.As(err, &fault):
			got = "bad"
		}
		if got != test.want {
			t.Errorf("%q: got %s (%v), want %s", test.answer, got, err, test.want)
		}
	}
}
