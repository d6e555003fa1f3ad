package agent

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/fleet"
)

// opened opens a spool with a clock of its own.
func opened(t *testing.T, dir string, now *time.Time) *spool {
	t.Helper()
	s, err := openSpool(dir, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// one is a batch of one result with a number.
func one(n int) batch {
	return batch{Batch: fleet.Batch{Results: []fleet.Result{{Job: fmt.Sprint(n), Results: json.RawMessage(`[]`)}}}}
}

// drained takes everything out of a spool, as it is sent.
func drained(t *testing.T, s *spool) (jobs []string, batches int) {
	t.Helper()
	for e := s.newest(nil); e != nil; e = s.newest(nil) {
		b, err := s.read(e)
		if err != nil || len(b.Results) != e.count {
			t.Fatalf("%s: %d results, %v", e.name(), len(b.Results), err)
		}
		for _, r := range b.Results {
			jobs = append(jobs, r.Job)
		}
		batches++
		if err := s.done(e, false); err != nil {
			t.Fatal(err)
		}
	}
	return jobs, batches
}

// TestSpool: a long time without a link leaves few files, and all results, the newest batches
// first. A new process finds the same.
func TestSpool(t *testing.T) {
	now := time.Now()
	dir := filepath.Join(t.TempDir(), "spool")
	s := opened(t, dir, &now)
	const results = 500
	for n := range results {
		if err := s.add(one(n)); err != nil {
			t.Fatal(err)
		}
		if err := s.tidy(); err != nil {
			t.Fatal(err)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) > 40 {
		t.Errorf("there are %d files", len(files))
	}
	s = opened(t, dir, &now)
	if waiting, dropped := s.stats(); waiting == 0 || dropped != 0 {
		t.Errorf("%d bytes wait, %d are dropped", waiting, dropped)
	}
	jobs, batches := drained(t, s)
	if slices.Sort(jobs); len(slices.Compact(jobs)) != results || batches > 40 {
		t.Errorf("%d results in %d batches", len(jobs), batches)
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("%v are left", files)
	}
}

// TestSpoolNewestFirst: the newest batch is sent first, and one that was tried to send is the
// same batch ever after.
func TestSpoolNewestFirst(t *testing.T) {
	now := time.Now()
	s := opened(t, t.TempDir(), &now)
	for n := range 3 {
		_ = s.add(one(n))
	}
	e := s.newest(nil)
	b, _ := s.read(e)
	for n := range 40 {
		_ = s.add(one(n + 3))
		_ = s.tidy()
	}
	again, err := s.read(e)
	if err != nil || again.ID != b.ID || b.Results[0].Job != "2" || again.Results[0].Job != "2" {
		t.Errorf("the batch is %v, then %v, %v", b, again, err)
	}
	if next := s.newest(nil); next.last != 43 {
		t.Errorf("the newest is %s", next.name())
	}
	if held := s.newest(map[*entry]bool{s.newest(nil): true}); held == s.newest(nil) {
		t.Error("one that is held is sent")
	}
}

// TestSpoolBounds: what is too old or too much is dropped, the oldest first, and counted, also
// by the next process.
func TestSpoolBounds(t *testing.T) {
	now := time.Now()
	dir := t.TempDir()
	s := opened(t, dir, &now)
	for n := range 4 {
		_ = s.add(one(n))
	}
	now = now.Add(6 * 24 * time.Hour)
	_ = s.add(one(4))
	now = now.Add(2 * 24 * time.Hour)
	if err := s.tidy(); err != nil {
		t.Fatal(err)
	}
	if _, dropped := s.stats(); dropped != 4 {
		t.Errorf("%d were dropped by their age, want 4", dropped)
	}
	s = opened(t, dir, &now)
	for n := range 10 {
		_ = s.add(one(10 + n))
	}
	s.maxSize = s.entries[0].size * 3
	_ = s.tidy()
	s = opened(t, dir, &now)
	if _, dropped := s.stats(); dropped < 10 || dropped > 13 {
		t.Errorf("%d were dropped", dropped)
	}
	if jobs, _ := drained(t, s); jobs[0] != "19" {
		t.Errorf("left are %v", jobs)
	}
}

// TestSpoolHalf: whoever is killed while it gathers leaves the parts beside the whole, and a file
// that is no batch does no harm.
func TestSpoolHalf(t *testing.T) {
	now := time.Now()
	dir := t.TempDir()
	s := opened(t, dir, &now)
	for n := range gatherAt {
		_ = s.add(one(n))
	}
	parts := map[string][]byte{}
	for _, e := range s.entries {
		parts[e.name()], _ = os.ReadFile(s.file(e))
	}
	if err := s.tidy(); err != nil || len(s.entries) != 1 {
		t.Fatalf("%d batches are left, %v", len(s.entries), err)
	}
	for name, text := range parts {
		_ = os.WriteFile(filepath.Join(dir, name), text, 0o600)
	}
	for _, name := range []string{"x.json.gz", "1-1-1.json.gz", "0000000000000002-0000000000000001-1.json.gz", strings.Repeat("f", 16) + "-" + strings.Repeat("f", 16) + "-1.json.gz", ".half"} {
		_ = os.WriteFile(filepath.Join(dir, name), []byte("nonsense"), 0o600)
	}
	if jobs, batches := drained(t, opened(t, dir, &now)); len(jobs) != gatherAt || batches != 1 {
		t.Errorf("%d results in %d batches", len(jobs), batches)
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add("0000000000000001-0000000000000010-16.json.gz")
	f.Add("x")
	f.Fuzz(func(t *testing.T, name string) {
		if e, ok := parseEntry(name); ok && (e.name() != name || e.first > e.last || strings.ContainsAny(name, "/.") && strings.Count(name, ".") > 2) {
			t.Errorf("%q is %+v", name, e)
		}
	})
}

// TestSpoolMeasured: what the clock lacked when a batch was sent first stays with it, so that it
// is the same one when it is sent again.
func TestSpoolMeasured(t *testing.T) {
	now := time.Now()
	dir := t.TempDir()
	s := opened(t, dir, &now)
	unmeasured := one(1)
	unmeasured.Unmeasured = true
	if err := s.add(unmeasured); err != nil {
		t.Fatal(err)
	}
	e := s.newest(nil)
	before, err := s.read(e)
	if err != nil || !before.Unmeasured || before.ID == "" {
		t.Fatalf("%+v, %v", before, err)
	}
	sent := before
	sent.Offset, sent.Unmeasured = 0.25, false
	if err := s.measured(e, sent); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir, &now)
	after, err := s.read(s.newest(nil))
	if err != nil || after.ID != before.ID || after.Offset != 0.25 || after.Unmeasured || len(after.Results) != 1 {
		t.Errorf("%+v, %v", after, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("the files are %v", files)
	}
	if err := s.done(s.newest(nil), false); err != nil {
		t.Fatal(err)
	}
	if err := s.measured(e, sent); err != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("a batch that is gone is there again: %v", files)
	}
}
