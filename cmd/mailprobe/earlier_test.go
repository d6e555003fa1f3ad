package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// earlierLine is a result as -o jsonl prints it, one of so many of its target.
func earlierLine(t testing.TB, kind, options, target string, of int, address string) string {
	t.Helper()
	r := &probe.Result{Check: kind, Target: target, Address: address, Status: probe.OK,
		Request: &probe.Request{Target: target, Options: options, Results: of}}
	text, err := report.JSON(r, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// readEarlier reads results of smtp with the options "a".
func readEarlier(text string) (*earlier, error) {
	e := newEarlier("smtp", "a")
	return e, e.read(context.Background(), strings.NewReader(text))
}

func TestEarlier(t *testing.T) {
	one, two := earlierLine(t, "smtp", "a", "one", 1, ""), earlierLine(t, "smtp", "a", "two", 1, "")
	three := func(address string) string { return earlierLine(t, "smtp", "a", "three", 3, address) }
	for _, c := range []struct {
		name, text      string
		done            []string
		others, foreign int
		keep            int64 // how much of the file is whole
	}{
		{"nothing", "", nil, 0, 0, 0},
		{"two", one + two, []string{"one", "two"}, 0, 0, int64(len(one + two))},
		{"one twice", one + one, []string{"one"}, 0, 0, int64(len(one + one))},
		{"an empty line", one + "\n" + two, []string{"one", "two"}, 0, 0, int64(len(one+two)) + 1},
		{"a line that was cut off", one + two[:len(two)/2], []string{"one"}, 0, 0, int64(len(one))},
		{"a line without its end", one + two[:len(two)-1], []string{"one"}, 0, 0, int64(len(one))},
		{"a cut line alone", one[:9], nil, 0, 0, 0},
		{"a line written on a cut one", one[:len(one)/2] + one + two, []string{"two"}, 0, 1, int64(len(one)/2 + len(one+two))},
		{"another kind", one + strings.ReplaceAll(two, "smtp", "imap"), []string{"one"}, 1, 0, int64(len(one + two))},
		{"other options", one + strings.ReplaceAll(two, `"options":"a"`, `"options":"b"`), []string{"one"}, 1, 0, int64(len(one + two))},
		{"one that was interrupted", one + `{"check":"smtp","target":"two"}` + "\n", []string{"one"}, 0, 0, int64(len(one)) + 32},
		{"all three", three("1") + three("2") + three("3"), []string{"three"}, 0, 0, int64(3 * len(three("1")))},
		{"two of three", one + three("1") + three("2"), []string{"one"}, 0, 0, int64(len(one))},
		{"two of three in the middle", three("1") + three("2") + one, []string{"one"}, 0, 0, int64(len(one) + 2*len(three("1")))},
		{"one of three, three times", three("1") + three("1") + three("1") + one, []string{"one"}, 0, 0, int64(len(one) + 3*len(three("1")))},
		{"three, but not in a row", three("1") + one + three("2") + two + three("3"), []string{"one", "three", "two"}, 0, 0, int64(len(one+two) + 3*len(three("1")))},
		{"a line that is too long", one + `{"check":"smtp","target":"` + strings.Repeat("x", maxEarlierLine) + "\"}\n" + two, []string{"one", "two"}, 0, 1, int64(len(one+two)) + maxEarlierLine + 29},
	} {
		e, err := readEarlier(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var done []string
		for _, target := range []string{"one", "three", "two"} {
			if e.has(probe.TargetID(target)) {
				done = append(done, target)
			}
		}
		if !slices.Equal(done, c.done) || e.others != c.others || e.foreign != c.foreign || e.tail.begin != c.keep {
			t.Errorf("%s: %q done, %d others, %d foreign, keep %d of %d; want %+v", c.name, done, e.others, e.foreign, e.tail.begin, len(c.text), c)
		}
	}
}

func TestEarlierOfSomethingElse(t *testing.T) {
	for _, text := range []string{"mx1.example.org\nmx2.example.org\n", "[\n  {\n", "{}\n", "\x00\x01\n"} {
		if _, err := readEarlier(text); err == nil || !strings.Contains(err.Error(), "-o jsonl") {
			t.Errorf("%q: %v", text, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newEarlier("smtp", "a").read(ctx, strings.NewReader("x\n")); !errors.Is(err, errInterrupted) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestEarlierBounded makes sure that a file cannot fill the memory.
func TestEarlierBounded(t *testing.T) {
	e := newEarlier("smtp", "a")
	e.ids = make([]uint64, maxEarlier-1)
	line := func(n int) error { return e.line([]byte(earlierLine(t, "smtp", "a", "three", 9, fmt.Sprint(n))), 1) }
	if err := line(1); err != nil {
		t.Error(err)
	}
	if err := line(2); err == nil || !strings.Contains(err.Error(), "a file of its own") {
		t.Errorf("more than %d: %v", maxEarlier, err)
	}
}

// TestResumeOutput makes sure that what is cut off is removed from an output, and that two
// runs do not write to one.
func TestResumeOutput(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.jsonl")
	one := earlierLine(t, "smtp", "a", "one", 1, "")
	if err := os.WriteFile(name, []byte(one+one[:9]), 0o600); err != nil {
		t.Fatal(err)
	}
	appending := func() *os.File {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	run := func(out *output, stdout any) error {
		f, ok := stdout.(*os.File)
		if !ok {
			_, err := resume(t.Context(), name, "smtp", "a", &bytes.Buffer{}, out)
			return err
		}
		_, err := resume(t.Context(), name, "smtp", "a", f, out)
		return err
	}
	for _, c := range []struct {
		out  output
		want string
	}{{output{format: "table"}, "-o jsonl is needed"}, {output{format: "jsonl", quiet: true}, "leave out --quiet"}} {
		if err := run(&c.out, appending()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if err := run(&output{format: "table"}, nil); err != nil {
		t.Errorf("into another output: %v", err)
	}
	if text, _ := os.ReadFile(name); len(text) != len(one)+9 {
		t.Errorf("it was changed to %q", text)
	}
	first := appending()
	if err := run(&output{format: "jsonl"}, first); err != nil {
		t.Fatal(err)
	}
	if _, err := first.WriteString(one); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(name); string(text) != one+one {
		t.Errorf("the output is %q", text)
	}
	if err := run(&output{format: "jsonl"}, appending()); !errors.Is(err, errOutputLocked) {
		t.Errorf("a second run: %v", err)
	}
}

// FuzzEarlier holds a file that was cut off anywhere to the whole one: nothing is done that
// was not done there, and what is kept is whole lines.
func FuzzEarlier(f *testing.F) {
	one := earlierLine(f, "smtp", "a", "one", 1, "")
	f.Add(one+earlierLine(f, "smtp", "a", "two", 2, "1")+earlierLine(f, "smtp", "a", "two", 2, "2"), uint16(300))
	f.Add("{\"check\":\"smtp\",\"request\":{\"target\":\"x\",\"options\":\"a\",\"results\":-1}}\n\n[]\n", uint16(9))
	f.Add(one+"{"+one, uint16(1))
	f.Fuzz(func(t *testing.T, text string, cut uint16) {
		whole, err := readEarlier(text)
		if err != nil {
			return
		}
		part, err := readEarlier(text[:min(int(cut), len(text))])
		if err != nil {
			return
		}
		for _, id := range part.ids {
			if !whole.has(id) {
				t.Errorf("%q cut at %d has more done", text, cut)
			}
		}
		if keep := part.tail.begin; keep < 0 || keep > int64(len(text)) || keep > 0 && text[keep-1] != '\n' {
			t.Errorf("%q cut at %d: keep %d", text, cut, keep)
		}
	})
}
