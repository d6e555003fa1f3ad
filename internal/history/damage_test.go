package history

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/probe"
)

// filled creates a history of a few runs, and returns its path and content.
func filled(t *testing.T) (path string, content []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	b := Batch{Start: begin}
	for i := range 200 {
		at := begin.Add(time.Duration(i) * time.Minute)
		b.Entries = append(b.Entries, Entry{"mx", result(at, probe.Status(2+i/10%3))})
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, content
}

// asides returns the names of the renamed files.
func asides(t *testing.T, path string) []string {
	t.Helper()
	all, err := filepath.Glob(path + ".damaged-*")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDamageIsSetAside(t *testing.T) {
	_, sound := filled(t)
	random := make([]byte, 20_000)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	header := append([]byte(nil), sound...)
	copy(header[20:100], random)
	for name, content := range map[string][]byte{
		"text":            []byte("this is no database, whatever it is called\n" + strings.Repeat("x", 200)),
		"random":          random,
		"truncated":       sound[:len(sound)/3],
		"a page":          sound[:4096],
		"a damaged head":  header,
		"another program": foreign(t),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, path)
			at := begin
			if err := s.Commit(t.Context(), Batch{Start: at, Entries: []Entry{{"mx", result(at, probe.OK)}}}); err != nil {
				t.Fatal(err)
			}
			aside := asides(t, path)
			if len(aside) != 1 || !strings.Contains(s.Notice(), filepath.Base(aside[0])) || strings.Contains(s.Notice(), "\n") {
				t.Fatalf("set aside: %q, notice: %q", aside, s.Notice())
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || len(kept) < len(content) {
				t.Errorf("of %d bytes %d are kept: %v", len(content), len(kept), err)
			}
			if days, err := s.Days(t.Context(), Filter{}); err != nil || len(days) != 1 {
				t.Errorf("%+v, %v", days, err)
			}
		})
	}
}

// TestDamageBehindTheHead: a file whose first pages are sound opens, and is found to be
// damaged when a file of checks is registered in it.
func TestDamageBehindTheHead(t *testing.T) {
	_, sound := filled(t)
	for i := 4096; i < len(sound); i += 7 {
		sound[i] ^= 0xff
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{File: "/etc/checks.yaml", Now: func() time.Time { return begin }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Commit(t.Context(), Batch{Start: begin, Entries: []Entry{{"mx", result(begin, probe.OK)}}}); err != nil {
		t.Error(err)
	}
	if aside := asides(t, path); len(aside) != 1 || s.Notice() == "" {
		t.Errorf("set aside: %q, notice: %q", aside, s.Notice())
	}
}

// foreign returns an intact database of another program.
func foreign(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE song (title TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestBitFlips: whatever bits are wrong, a run is written in the end, without a panic or
// a delay.
func TestBitFlips(t *testing.T) {
	_, sound := filled(t)
	random := rand.New(rand.NewPCG(3, 4))
	for round := range nightly(8, 50) {
		path := filepath.Join(t.TempDir(), FileName)
		content := append([]byte(nil), sound...)
		for range 1 + round%25*5 {
			content[random.IntN(len(content))] ^= 1 << random.IntN(8)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), path, Options{})
		if errors.Is(err, ErrNewer) { // the version itself was hit
			continue
		}
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if _, err := s.States(t.Context()); err != nil {
			t.Errorf("round %d: states: %v", round, err)
		}
		if err := s.Commit(t.Context(), Batch{Start: begin, Entries: []Entry{{"mx", result(begin.Add(time.Hour*24), probe.OK)}}}); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		// These may fail where what they read is damaged.
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, _ = s.Days(ctx, Filter{})
		_, _ = s.Latest(ctx, Filter{})
		_, _ = s.At(ctx, "mx", begin.AddDate(1, 0, 0))
		_, _, _ = s.Failures(ctx, Filter{Name: "mx"}, 100)
		if ctx.Err() != nil {
			t.Errorf("round %d takes too long", round)
		}
		cancel()
		_ = s.Close()
	}
}

// TestDamageInUse: damage beyond the first page is found only when it is read.
func TestDamageInUse(t *testing.T) {
	_, content := filled(t)
	for i := 4096; i < len(content); i++ {
		content[i] ^= 0x5a
	}
	for name, use := range map[string]func(*Store) error{
		"commit": func(s *Store) error { return nil },
		"states": func(s *Store) error { _, err := s.States(t.Context()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, path)
			state := State{Name: "mx", Version: 7} // read from what was damaged later
			err := errors.Join(use(s), s.Commit(t.Context(), Batch{Start: begin, States: []State{state}}))
			if err != nil || len(asides(t, path)) != 1 || s.Notice() == "" {
				t.Errorf("%v, set aside %q, notice %q", err, asides(t, path), s.Notice())
			}
			if states, err := open(t, path).States(t.Context()); err != nil || len(states) != 1 {
				t.Errorf("%v, %v", states, err)
			}
		})
	}
}

// TestDamageFoundByMany: one process renames the file, the others use the new one.
func TestDamageFoundByMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, []byte(strings.Repeat("nonsense", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			s, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Commit(t.Context(), Batch{States: []State{{Name: string(rune('a' + i))}}}); err != nil {
				t.Error(err)
			}
			_ = s.Close()
		})
	}
	all.Wait()
	if states, err := open(t, path).States(t.Context()); err != nil || len(states) != 4 || len(asides(t, path)) != 1 {
		t.Errorf("%d states, %v, set aside %q", len(states), err, asides(t, path))
	}
}

func TestModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "state", FileName)
	s := open(t, path)
	if err := s.Commit(t.Context(), Batch{Start: begin}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, path + "-wal": 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestOddNames(t *testing.T) {
	for _, name := range []string{"a b", "what?#%20", "ünï'\""} {
		path := filepath.Join(t.TempDir(), name, FileName)
		open(t, path)
		if !exists(path) {
			t.Errorf("there is no %s", path)
		}
	}
}

// TestReadOnly: reading changes nothing, whatever is there.
func TestReadOnly(t *testing.T) {
	path, sound := filled(t)
	s, err := Open(t.Context(), path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if days, err := s.Days(t.Context(), Filter{}); err != nil || len(days) != 1 {
		t.Errorf("%v, %v", days, err)
	}
	if err := s.Commit(t.Context(), Batch{Start: begin}); err == nil {
		t.Error("a run was written")
	}
	_ = s.Close()
	if err := os.WriteFile(path, sound[:len(sound)/3], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "damaged") || len(asides(t, path)) > 0 {
		t.Errorf("a damaged file: %v", err)
	}
}
