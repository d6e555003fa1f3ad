package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/search"
)

// A changed bit anywhere in the proof, or another key, and it is none.
func TestProof(t *testing.T) {
	key := randomKey()
	r := newRun(time.Now())
	text := draft{}.compose(r, key, "bob@example.org", "alice@example.net")
	got, ok := provenRun(parseHeader(text), key)
	if !ok || got.Token != r.Token || !got.Sent.Equal(r.Sent) {
		t.Fatalf("got %+v, %v of %s", got, ok, text)
	}
	if _, ok := provenRun(parseHeader(text), randomKey()); ok {
		t.Error("another key proves it")
	}
	value := parseHeader(text).Get(runHeader)
	for i := range value {
		changed := []byte(value)
		changed[i] ^= 1
		if _, ok := provenRun(search.Header{{Name: runHeader, Value: string(changed)}}, key); ok {
			t.Errorf("changed at %d it is still proven: %s", i, changed)
		}
	}
	if _, ok := provenRun(search.Header{{Name: runHeader, Value: "of somebody"}, {Name: runHeader, Value: value}}, key); !ok {
		t.Error("a field before it takes the proof away")
	}
}

// No line is longer than permitted, and all end in CRLF.
func TestCompose(t *testing.T) {
	for _, d := range []draft{{}, {Size: 100_000}, {EightBit: true}, {LongLines: true}, {Size: 5_000_000, EightBit: true, LongLines: true}} {
		text := d.compose(newRun(time.Now()), randomKey(), "bob@example.org", "alice@example.net")
		_, body := splitMessage(text)
		if len(body) < int(d.Size) || len(body) > int(d.Size)+2000 {
			t.Errorf("%+v: a body of %d bytes", d, len(body))
		}
		longest := 0
		for line := range bytes.SplitSeq(text, []byte("\r\n")) {
			longest = max(longest, len(line))
			if bytes.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("%+v: the line %q", d, line)
			}
		}
		if d.LongLines != (longest == longLine) {
			t.Errorf("%+v: the longest line has %d bytes", d, longest)
		}
		if is8bit := bytes.ContainsFunc(text, func(r rune) bool { return r > '~' }); is8bit != d.EightBit {
			t.Errorf("%+v: 8-bit is %v", d, is8bit)
		}
		if !bytes.Equal(canonical(body), body) {
			t.Errorf("%+v: the body is not canonical", d)
		}
	}
}

// However many begin at once, there is one key, for its owner alone.
func TestKey(t *testing.T) {
	s := store{filepath.Join(t.TempDir(), "a", "b")}
	keys := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = s.key(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) || len(k) != keyBytes {
			t.Error("there are several keys")
		}
	}
	name := filepath.Join(s.dir, keyFile)
	left, err := os.ReadDir(s.dir)
	if err != nil || len(left) != 1 {
		t.Errorf("besides the key there is %v, %v", left, err)
	}
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.key(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
	if err := errors.Join(os.Chmod(name, 0o600), os.WriteFile(name, []byte("short"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.key(); err == nil {
		t.Error("a short key is used")
	}
}

func TestRecords(t *testing.T) {
	s := store{t.TempDir()}
	now := time.Now()
	add := func(age, left time.Duration, mailbox string) string {
		r := record{Token: newRun(now).Token, Sent: now.Add(-age), Until: now.Add(left), Mailbox: mailbox}
		if err := s.keep(r); err != nil {
			t.Fatal(err)
		}
		return r.Token
	}
	over := add(time.Hour, -time.Minute, "a")
	add(time.Minute, time.Minute, "a")
	add(time.Hour, -time.Minute, "b")
	old := add(8*24*time.Hour, -7*24*time.Hour, "a")
	for name, text := range map[string]string{"notes.txt": "x", "..json": "{}", newRun(now).Token + ".json": "no JSON", newRun(now).Token + ".json~": "{}"} {
		if err := os.WriteFile(filepath.Join(s.dir, recordDir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ages := newRun(now).Token
	if err := os.WriteFile(s.file(ages), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(s.file(ages), time.Time{}, now.Add(-8*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, damaged, err := s.pending("a", now)
	if err != nil || len(got) != 1 || got[0].Token != over || len(damaged) != 1 {
		t.Errorf("got %+v, damaged %v, %v", got, damaged, err)
	}
	for _, token := range []string{old, ages} {
		if _, err := os.Stat(s.file(token)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("an old record is kept: %v", err)
		}
	}
	if err := errors.Join(s.forget(over), s.forget(over)); err != nil {
		t.Error(err)
	}
	if got, _, _ := s.pending("a", now); len(got) != 0 {
		t.Errorf("forgotten, and yet %+v", got)
	}
}

// A re-encoded body is reported as that, whatever the encoding.
func TestDecode(t *testing.T) {
	for encoding, text := range map[string]string{
		"quoted-printable": "Gr=C3=BC=C3=9Fe=\r\n!\r\n",
		"base64":           "R3LDvMOfZSENCg==\r\n",
	} {
		if got, ok := decode(encoding, []byte(text)); !ok || string(got) != "Gr\u00fc\u00dfe!\r\n" {
			t.Errorf("%s: %q, %v", encoding, got, ok)
		}
	}
	if _, ok := decode("8bit", nil); ok {
		t.Error("8bit is an encoding to undo")
	}
}

// Of the runs that are over the last are remembered, for a week.
func TestPast(t *testing.T) {
	s := store{t.TempDir()}
	now := time.Now()
	if err := s.keepPast("a", "m1", nil); err != nil {
		t.Error(err)
	}
	if p := s.past("a", now); p.Mark != "" {
		t.Errorf("no run is over, and yet %+v", p)
	}
	over := map[string]time.Time{"old": now.Add(-8 * 24 * time.Hour)}
	for i := range maxPast + 10 {
		over[fmt.Sprint(i)] = now.Add(-time.Duration(i) * time.Minute)
	}
	if err := errors.Join(s.keepPast("a", "m1", over), s.keepPast("a", "", map[string]time.Time{"last": now.Add(time.Second)})); err != nil {
		t.Error(err)
	}
	p := s.past("a", now)
	if _, ok := p.Sent["last"]; len(p.Sent) != maxPast || !ok || p.Mark != "m1" {
		t.Errorf("%d runs since %s, %v", len(p.Sent), p.Mark, ok)
	}
	if _, ok := p.Sent[fmt.Sprint(maxPast)]; ok {
		t.Error("an older one went before a younger one")
	}
	if p := s.past("b", now); len(p.Sent) > 0 {
		t.Errorf("of another mailbox there is %+v", p)
	}
	if p := s.past("a", now.Add(remembered+time.Hour)); len(p.Sent) > 0 {
		t.Errorf("after a week there is %+v", p)
	}
	if err := os.WriteFile(s.pastFile("a"), []byte("no JSON"), 0o600); err != nil {
		t.Error(err)
	}
	if p := s.past("a", now); p.Mark != "" {
		t.Errorf("of a broken file there is %+v", p)
	}
}

// TestNothingLeftBehind: a state directory that cannot be written, on a full disk or
// otherwise, does not fill with files half made.
func TestNothingLeftBehind(t *testing.T) {
	s := store{t.TempDir()}
	if err := os.MkdirAll(s.file("token"), 0o700); err != nil { // where the record would go
		t.Fatal(err)
	}
	if err := s.keep(record{Token: "token"}); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, recordDir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
