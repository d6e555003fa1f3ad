package wire

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Event is one event of a session.
type Event struct {
	// At is the time since the transcript began: with its first connection, or else its
	// first event.
	At time.Duration
	// Kind is what happened.
	Kind EventKind
	// Text is the line without its CRLF, the directive, or the comment. See Quote for
	// lines that do not end in CRLF.
	Text string
}

// EventKind is the mark that begins an event's line in a printed transcript.
type EventKind string

// The kinds of event, as they are printed.
const (
	Server    EventKind = "S:" // a line the server sent
	Client    EventKind = "C:" // a line the client sent
	Delay     EventKind = "+"  // time that passes before the server goes on (scripts only)
	Directive EventKind = "*"  // what is not a line: starttls, body, chunk, close
	Comment   EventKind = "#"  // a remark, without effect when played
)

// The directives of a transcript.
const (
	// StartTLS is a TLS handshake. A word after it names the server's
	// certificate when the script is played.
	StartTLS = "starttls"
	// Body is a message sent after DATA, up to and with the lone dot.
	Body = "body"
	// Chunk is a part of a message, of the size that the BDAT before it says (RFC 3030).
	Chunk = "chunk"
	// Close is the server ending the connection.
	Close = "close"
)

// The bounds of what a transcript holds: a server that talks without end, or sends a
// line feed at a time, shall not fill the memory.
const (
	maxEvents = 4096
	maxBytes  = 128 << 10 // of text
)

// Transcript records a session, in order. After 4,096 events or 128 KiB it only counts.
// The zero value is an empty transcript. Its methods are safe for concurrent use.
type Transcript struct {
	mu      sync.Mutex
	start   time.Time
	events  []Event
	size    int // bytes of text in events
	lost    int // events there was no room for
	secrets redactor
}

// Hide adds secrets: they are masked in every line recorded so far or from now on, and in
// everything that Redact is given.
func (t *Transcript) Hide(secrets ...Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range secrets {
		t.secrets.add(s)
	}
	for i := range t.events {
		t.events[i].Text = t.redact(t.events[i].Text)
	}
}

// Redact returns s with every known secret masked.
func (t *Transcript) Redact(s string) string {
	if t == nil {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.redact(s)
}

func (t *Transcript) redact(s string) string {
	if len(t.secrets.forms) == 0 {
		return s
	}
	return t.secrets.mask(s)
}

// begin starts the clock of the transcript, unless it runs already.
func (t *Transcript) begin(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.start.IsZero() {
		t.start = now
	}
}

// Record appends an event that happens now. A comment is escaped to fit on a line.
func (t *Transcript) Record(kind EventKind, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.events) == maxEvents || t.size >= maxBytes {
		t.lost++
		return
	}
	if kind == Comment {
		text = onLine(text)
	}
	now := time.Now()
	if t.start.IsZero() {
		t.start = now
	}
	t.append(Event{now.Sub(t.start), kind, t.redact(text)})
}

// Append adds a session that was recorded apart, behind a comment, with the delays it had.
// It takes at most one part in so many of what a transcript has room for; of the rest it
// records the number of events.
func (t *Transcript) Append(comment string, other *Transcript, parts int) {
	events, lost := other.Since(0), other.missing()
	t.mu.Lock()
	defer t.mu.Unlock()
	var at time.Duration
	if len(t.events) > 0 {
		at = t.events[len(t.events)-1].At
	}
	t.append(Event{at, Comment, t.redact(onLine(comment))})
	room, bytes := maxEvents/max(parts, 1)-2, maxBytes/max(parts, 1)
	for i, e := range events {
		if bytes -= len(e.Text); i >= room || bytes < 0 {
			lost += len(events) - i
			break
		}
		t.append(Event{at + e.At, e.Kind, t.redact(e.Text)})
	}
	if lost > 0 {
		t.append(Event{t.events[len(t.events)-1].At, Comment, fmt.Sprintf("%d events more", lost)})
	}
}

// onLine returns a comment that fits on a line.
func onLine(comment string) string {
	if strings.ContainsFunc(comment, unicode.IsControl) {
		return escape(comment)
	}
	return comment
}

func (t *Transcript) append(e Event) {
	t.events = append(t.events, e)
	t.size += len(e.Text)
}

// Len returns the number of events, for Since.
func (t *Transcript) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.events)
}

// Since returns the events after the first n.
func (t *Transcript) Since(n int) []Event {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.events[min(n, len(t.events)):])
}

// ServerSaid returns the server's lines after the first n events.
func (t *Transcript) ServerSaid(n int) []string {
	var lines []string
	for _, e := range t.Since(n) {
		if e.Kind == Server {
			lines = append(lines, e.Text)
		}
	}
	return lines
}

// shownDelay is the shortest wait for the server that a printed transcript shows.
const shownDelay = time.Millisecond

// Lines returns the transcript as the lines of a session script, without line ends.
func (t *Transcript) Lines() []string {
	events := t.Since(0)
	lines := slices.Grow([]string(nil), 2*len(events))
	var last time.Duration
	for _, e := range events {
		if waited := (e.At - last).Round(shownDelay); waited >= shownDelay && e.fromServer() {
			lines = append(lines, string(Delay)+" "+waited.String())
		}
		lines = append(lines, strings.TrimRight(string(e.Kind)+" "+e.Text, " "))
		last = e.At
	}
	if n := t.missing(); n > 0 {
		lines = append(lines, fmt.Sprintf("%s %d events more", Comment, n))
	}
	return lines
}

// missing returns how many events were not recorded, as there were too many.
func (t *Transcript) missing() int {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lost
}

// fromServer reports whether the server caused the event, so that the time before it was
// spent waiting.
func (e Event) fromServer() bool {
	return e.Kind == Server || e.Kind == Directive && e.Text == Close
}

// WriteTo writes the transcript as a session script.
func (t *Transcript) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for _, line := range t.Lines() {
		n, err := io.WriteString(w, line+"\n")
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// ParseTranscript reads a session script as WriteTo prints it. The times of events are
// the sums of the delays before them. An error names the line.
func ParseTranscript(script string) (*Transcript, error) {
	t := &Transcript{}
	var at time.Duration
	for i, line := range strings.Split(script, "\n") {
		line = strings.TrimRight(line, " \r")
		if line == "" {
			continue
		}
		kind, text, _ := strings.Cut(line, " ")
		switch EventKind(kind) {
		case Server, Client:
			if _, err := Unquote(text); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
		case Delay:
			d, err := time.ParseDuration(text)
			if err != nil || d < 0 || at+d < at {
				return nil, fmt.Errorf("line %d: %q is not a delay such as \"+ 1.5s\"", i+1, line)
			}
			at += d
			continue
		case Directive:
			if name, _, _ := strings.Cut(text, " "); name != StartTLS && name != Body && name != Chunk && name != Close {
				return nil, fmt.Errorf("line %d: unknown directive %q: there are %s, %s, %s and %s", i+1, text, StartTLS, Body, Chunk, Close)
			}
		case Comment:
		default:
			return nil, fmt.Errorf("line %d: %q begins with none of \"S:\" \"C:\" \"+\" \"*\" \"#\"", i+1, line)
		}
		t.append(Event{at, EventKind(kind), text})
	}
	return t, nil
}
