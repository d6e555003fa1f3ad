package web

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatch: a changed file is read once, when it no longer changes, also through symbolic
// links; a bad one is remembered as such, and not read again.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) { // as kubelet changes a ConfigMap
		if err := errors.Join(os.Symlink(target, filepath.Join(dir, "new")), os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
	}
	write("one", "one")
	write("two", "two")
	link("one", "data")
	link("data", "file")
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var read []string
		file := filepath.Join(dir, "file")
		r := NewReloader(file, func(context.Context) error {
			text, err := os.ReadFile(file)
			if string(text) == "bad" {
				err = errors.New("it is bad")
			}
			mu.Lock()
			defer mu.Unlock()
			read = append(read, string(text))
			return err
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		begun := time.Now()
		go r.Watch(ctx)
		after := func(what string, n int, last string, good bool) {
			t.Helper()
			time.Sleep(5 * lookEvery)
			synctest.Wait()
			at, err := r.Last()
			mu.Lock()
			defer mu.Unlock()
			if len(read) != n || n > 0 && read[n-1] != last || (err == nil) != good {
				t.Errorf("%s: read %q, %v", what, read, err)
			}
			if !good && at.After(begun.Add(time.Minute)) {
				t.Errorf("%s: the file in use was read at %s", what, at)
			}
		}
		after("nothing", 0, "", true)
		link("two", "data")
		after("another link", 1, "two", true)
		write("two", "bad")
		after("a bad file", 2, "bad", false)
		if err := os.Remove(filepath.Join(dir, "two")); err != nil {
			t.Fatal(err)
		}
		after("no file", 3, "", false)
		write("two", "three")
		after("a good file", 4, "three", true)
		// While it is being written it grows: here no time passes between two writes, so that a
		// file system may give both the same.
		for i := range 5 {
			write("two", strings.Repeat("four", i+1))
			time.Sleep(lookEvery)
		}
		after("a file that was changing", 5, strings.Repeat("four", 5), true)
	})
}
