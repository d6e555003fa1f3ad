package wire_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/wire"
)

func TestQuote(t *testing.T) {
	for line, want := range map[string]string{
		"\r\n":                 "",
		"250 ok\r\n":           "250 ok",
		"250 ok\n":             `250 ok\n`,
		"250 ok":               `250 ok\`,
		"":                     `\`,
		"\n":                   `\n`,
		"\r":                   `\x0d\`,
		"a \r\n":               `a\x20`,
		" a\r\n":               " a",
		"a\\\r\n":              `a\\`,
		"a\\":                  `a\\\`,
		"a\\n\r\n":             `a\\n`,
		"\x1b[2J\x00\x7f\r\n":  `\x1b[2J\x00\x7f`,
		"\xff\xc3\r\n":         `\xff\xc3`,
		"grüße 世界 😀\r\n":       "grüße 世界 😀",
		"\u202egnp.exe\u00a0x": `\u202egnp.exe\u00a0x\`,
		"\ufffd\r\n":           "\ufffd",
		"\u0085\r\n":           `\u0085`,
	} {
		if got := wire.Quote(line); got != want {
			t.Errorf("Quote(%q) = %s; want %s", line, got, want)
		}
		if back, err := wire.Unquote(want); err != nil || back != line {
			t.Errorf("Unquote(%s) = %q, %v; want %q", want, back, err, line)
		}
	}
	for _, bad := range []string{`\q`, `\x1`, `\u12`, `\400`, `\ud800`, `a\'b`} {
		if got, err := wire.Unquote(bad); err == nil {
			t.Errorf("Unquote(%s) = %q; want an error", bad, got)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "a\r\n", "a \n", "\\", "\\\n", "\x00\xff\u202e", "n\n", "\r\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		quoted := wire.Quote(line)
		if strings.ContainsAny(quoted, "\r\n\x00\x1b") || strings.HasSuffix(quoted, " ") {
			t.Errorf("Quote(%q) = %q, which is not printable", line, quoted)
		}
		if back, err := wire.Unquote(quoted); err != nil || back != line {
			t.Errorf("Unquote(Quote(%q)) = %q, %v", line, back, err)
		}
	})
}

func TestParseTranscript(t *testing.T) {
	const script = "# a remark\r\n\nS: 220 hi\n+ 1.5s\nS:\n+ 500ms\n* close\nC: a\\\n* starttls expired\n* body\n* chunk\n"
	got := parse(t, script).Since(0)
	want := []wire.Event{
		{Kind: wire.Comment, Text: "a remark"},
		{Kind: wire.Server, Text: "220 hi"},
		{At: 1500 * time.Millisecond, Kind: wire.Server, Text: ""},
		{At: 2 * time.Second, Kind: wire.Directive, Text: wire.Close},
		{At: 2 * time.Second, Kind: wire.Client, Text: `a\`},
		{At: 2 * time.Second, Kind: wire.Directive, Text: "starttls expired"},
		{At: 2 * time.Second, Kind: wire.Directive, Text: wire.Body},
		{At: 2 * time.Second, Kind: wire.Directive, Text: wire.Chunk},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	for text, fault := range map[string]string{
		"S: a\nhello":            `line 2: "hello" begins with none of`,
		"S:a":                    `line 1: "S:a" begins with none of`,
		"+ soon":                 `"+ soon" is not a delay`,
		"+ -1s":                  "is not a delay",
		"+ 2000000h\n+ 2000000h": "line 2:",
		"* dance":                `unknown directive "dance"`,
		"C: \\q":                 "line 1:",
		"S: " + "\\x":            "line 1:",
	} {
		if _, err := wire.ParseTranscript(text); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q: error %v; want %q", text, err, fault)
		}
	}
}

// TestTimes: a transcript tells how long the server took, not the client.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr wire.Transcript
		tr.Record(wire.Client, "one")
		time.Sleep(1234567 * time.Microsecond)
		tr.Record(wire.Server, "two")
		time.Sleep(time.Hour)
		tr.Record(wire.Client, "three")
		time.Sleep(300 * time.Microsecond)
		tr.Record(wire.Server, "four")
		time.Sleep(time.Minute)
		tr.Record(wire.Directive, wire.Close)
		want := "C: one\n+ 1.235s\nS: two\nC: three\nS: four\n+ 1m0s\n* close\n"
		var out strings.Builder
		if n, err := tr.WriteTo(&out); n != int64(len(want)) || err != nil || out.String() != want {
			t.Errorf("wrote %d bytes, %v:\n%s", n, err, out.String())
		}
		if said := strings.Join(tr.ServerSaid(2), "|"); said != "four" {
			t.Errorf("after the second event the server said %q", said)
		}
	})
}

func FuzzParseTranscript(f *testing.F) {
	f.Add("S: 220 hi\n+ 1.5s\nC: QUIT\n* close\n# bye")
	f.Add("+ 1ns\nS: a\\n\n* starttls x\n* body\n#\nS:\nC: ***")
	f.Fuzz(func(t *testing.T, script string) {
		tr, err := wire.ParseTranscript(script)
		if err != nil {
			return
		}
		printed := tr.Lines()
		again, err := wire.ParseTranscript(strings.Join(printed, "\n"))
		if err != nil {
			t.Fatalf("%q is printed as %q, which is refused: %v", script, printed, err)
		}
		if lines := again.Lines(); !reflect.DeepEqual(lines, printed) {
			t.Errorf("%q is printed as %q and then as %q", script, printed, lines)
		}
		if got, want := len(again.Since(0)), len(tr.Since(0)); got != want {
			t.Errorf("%q has %d events, and printed %d", script, want, got)
		}
	})
}

// TestAppend: a session recorded apart keeps its delays, and takes no more than its share.
func TestAppend(t *testing.T) {
	script := func(lines int) *wire.Transcript {
		other, err := wire.ParseTranscript(strings.Repeat("+ 5ms\nS: 250 ok\nC: NOOP\n", lines))
		if err != nil {
			t.Fatal(err)
		}
		return other
	}
	var all wire.Transcript
	all.Append("first\x1b", script(1), 2)
	all.Append("second", script(2), 2)
	want := []string{`# first\x1b`, "+ 5ms", "S: 250 ok", "C: NOOP", "# second", "+ 5ms", "S: 250 ok", "C: NOOP", "+ 5ms", "S: 250 ok", "C: NOOP"}
	if got := all.Lines(); !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	all = wire.Transcript{}
	for range 64 {
		all.Append("one of many", script(200), 64)
	}
	lines := all.Lines()
	if all.Len() != 4096 || lines[len(lines)-1] != "# 338 events more" {
		t.Errorf("%d events, the last is %q", all.Len(), lines[len(lines)-1])
	}
	long := &wire.Transcript{}
	long.Record(wire.Server, "a")
	long.Record(wire.Server, strings.Repeat("x", 3000))
	long.Record(wire.Server, "b")
	all = wire.Transcript{}
	all.Append("long", long, 64)
	if got := all.Lines(); !reflect.DeepEqual(got, []string{"# long", "S: a", "# 2 events more"}) {
		t.Errorf("%q", got)
	}
	all.Append("nothing", nil, 1)
}
