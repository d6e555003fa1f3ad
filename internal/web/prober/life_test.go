package prober

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/internal/suite"
	"mailprobe/probe"
)

type netipAddr = netip.Addr

// fake is a kind whose checks do what a function says.
type fake struct {
	do               func(ctx context.Context) error
	prepared, closed atomic.Int64
	prepare          func(ctx context.Context) error
}

// fakeCheck is a check of it.
type fakeCheck struct{ *fake }

func (f fakeCheck) Prepare(ctx context.Context) error {
	f.prepared.Add(1)
	if f.prepare != nil {
		return f.prepare(ctx)
	}
	return nil
}

func (f fakeCheck) Check(ctx context.Context, _ probe.Target, r *probe.Result) error {
	return r.Run("greeting", func(*probe.Step) error { return f.do(ctx) })
}

func (f fakeCheck) Close() error {
	f.closed.Add(1)
	return nil
}

func (f *fake) kind() probe.Kind {
	return probe.Kind{
		Name: "fake", Short: "do as a test says", Schemes: []probe.Scheme{{Name: "fake", Port: 7}}, Steps: []string{"greeting"},
		New: func(*probe.Options) (probe.Checker, []probe.Option) { return fakeCheck{f}, nil },
	}
}

func (f *fake) server(t *testing.T, text string) http.Handler {
	modules := read(t, text, []probe.Kind{f.kind()})
	return server(t, "", func(o *Options) { o.Modules = func() []*suite.Module { return modules } })
}

// TestMost: beyond the number of probes at once a client is told to come again, and room
// that was taken is free again.
func TestMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		f := &fake{do: func(context.Context) error { <-goOn; return nil }}
		s := f.server(t, `modules: {m: {kind: fake}}`)
		var all sync.WaitGroup
		for range Most {
			all.Go(func() {
				if w := ask(s, "target", "a.test", "module", "m"); w.Code != http.StatusOK {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		synctest.Wait()
		w := ask(s, "target", "a.test", "module", "m")
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" || w.Body.String() != "too many probes at once\n" {
			t.Errorf("%d %s %s", w.Code, w.Header(), w.Body)
		}
		close(goOn)
		all.Wait()
		if w := ask(s, "target", "a.test", "module", "m"); w.Code != http.StatusOK {
			t.Errorf("afterwards %d %s", w.Code, w.Body)
		}
		if f.prepared.Load() != 1 {
			t.Errorf("prepared %d times", f.prepared.Load())
		}
	})
}

// TestGone: a client that has gone ends the check.
func TestGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		f := &fake{do: func(ctx context.Context) error { <-ctx.Done(); ended <- ctx.Err(); return ctx.Err() }}
		s := f.server(t, `modules: {m: {kind: fake}}`)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			synctest.Wait()
			cancel()
		}()
		begin := time.Now()
		if w := askWith(ctx, s, "", "target", "a.test", "module", "m"); w.Body.Len() > 0 {
			t.Errorf("an answer for nobody: %s", w.Body)
		}
		if err := <-ended; !errors.Is(err, context.Canceled) || time.Since(begin) > 0 {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
	})
}

// TestTime: a check ends with the time that Prometheus waits, or that of the module.
func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		s := f.server(t, `modules: {quick: {kind: fake, timeout: 3s}, slow: {kind: fake}, forever: {kind: fake, timeout: 1d}}`)
		for _, c := range []struct {
			module, header string
			want           time.Duration
		}{{"quick", "10", 3 * time.Second}, {"slow", "10", 9500 * time.Millisecond}, {"slow", "", 30 * time.Second}, {"quick", "2", 1500 * time.Millisecond}, {"forever", "", 2 * time.Minute}} {
			begin := time.Now()
			w := askWith(t.Context(), s, c.header, "target", "a.test", "module", c.module)
			if took := time.Since(begin); took != c.want || !strings.Contains(w.Body.String(), "\nprobe_success 0\n") {
				t.Errorf("%s with %q took %s, want %s: %s", c.module, c.header, took, c.want, w.Body)
			}
		}
	})
}

// TestPanic: a check that panics is UNKNOWN, and the next one goes on.
func TestPanic(t *testing.T) {
	f := &fake{do: func(context.Context) error { panic("broken") }}
	s := f.server(t, `modules: {m: {kind: fake}}`)
	for range 2 {
		w := ask(s, "target", "a.test", "module", "m")
		if got := values(t, w); got["probe_success"] != "0" || got[`mailprobe_status{check="fake",target="a.test"}`] != "3" || !strings.Contains(w.Body.String(), `cause="internal-error"`) {
			t.Error(w.Body)
		}
	}
}

// TestFresh: a check is prepared anew after a minute, and closed when its last user has
// gone.
func TestFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		f := &fake{do: func(context.Context) error { return nil }}
		s := f.server(t, `modules: {m: {kind: fake, timeout: 100s}}`)
		counts := func(prepared, closed int64) {
			t.Helper()
			if p, c := f.prepared.Load(), f.closed.Load(); p != prepared || c != closed {
				t.Errorf("prepared %d times and closed %d, want %d and %d", p, c, prepared, closed)
			}
		}
		ask(s, "target", "a.test", "module", "m")
		time.Sleep(fresh)
		ask(s, "target", "a.test", "module", "m")
		counts(1, 0)
		f.do = func(context.Context) error { <-goOn; return nil }
		go ask(s, "target", "a.test", "module", "m")
		synctest.Wait()
		time.Sleep(time.Second)
		f.do = func(context.Context) error { return nil }
		ask(s, "target", "a.test", "module", "m")
		counts(2, 0) // the first is in use still
		close(goOn)
		synctest.Wait()
		counts(2, 1)
	})
}

// TestReload: other modules take the place of those there were, which are closed.
func TestReload(t *testing.T) {
	f := &fake{do: func(context.Context) error { return nil }}
	now := read(t, `modules: {old: {kind: fake}}`, []probe.Kind{f.kind()})
	s := server(t, "", func(o *Options) { o.Modules = func() []*suite.Module { return now } })
	if w := ask(s, "target", "a.test", "module", "old"); w.Code != http.StatusOK {
		t.Error(w.Code, w.Body)
	}
	now = read(t, `modules: {new: {kind: fake}}`, []probe.Kind{f.kind()})
	if w := ask(s, "target", "a.test", "module", "new"); w.Code != http.StatusOK {
		t.Error(w.Code, w.Body)
	}
	if w := ask(s, "target", "a.test", "module", "old"); w.Code != http.StatusBadRequest {
		t.Error(w.Code, w.Body)
	}
	for range 1000 {
		if f.closed.Load() == 1 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the old check was not closed")
}

// TestNotReady: a check that cannot be prepared is UNKNOWN, says why, and is tried again;
// one that takes too long is not waited for.
func TestNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{do: func(context.Context) error { return nil }}
		f.prepare = func(context.Context) error { return errors.New("the password command failed") }
		s := f.server(t, `modules: {m: {kind: fake}}`)
		w := ask(s, "target", "a.test", "module", "m")
		if got := values(t, w); got["probe_success"] != "0" || !strings.Contains(w.Body.String(), `cause="check-not-ready"`) {
			t.Error(w.Body)
		}
		f.prepare = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		go ask(s, "target", "a.test", "module", "m") // prepares
		synctest.Wait()
		begin := time.Now()
		w = askWith(t.Context(), s, "5", "target", "a.test", "module", "m", "debug", "true")
		if took := time.Since(begin); took != 4500*time.Millisecond || !strings.Contains(w.Body.String(), "still being prepared") {
			t.Errorf("after %s: %s", took, w.Body)
		}
		time.Sleep(time.Minute)
		f.prepare = nil
		if got := values(t, ask(s, "target", "a.test", "module", "m")); got["probe_success"] != "1" {
			t.Error(got)
		}
	})
}
