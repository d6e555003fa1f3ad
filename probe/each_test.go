package probe

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// count yields the numbers from 0 below n, for ever where n is 0.
func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; (n == 0 || i < n) && yield(i); i++ {
		}
	}
}

func TestEachOrder(t *testing.T) {
	for _, jobs := range []int{-1, 0, 1, 3, 100} {
		synctest.Test(t, func(t *testing.T) {
			uneven := func(_ context.Context, i int) string {
				time.Sleep(time.Duration(i*7%11) * time.Second)
				return fmt.Sprint(i)
			}
			var want []string
			for i := range 50 {
				want = append(want, fmt.Sprint(i))
			}
			if got := slices.Collect(Each(t.Context(), jobs, count(50), uneven)); !slices.Equal(got, want) {
				t.Errorf("with %d jobs: %v", jobs, got)
			}
		})
	}
}

func TestEachIsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		for range Each(t.Context(), 10, count(100), func(context.Context, int) int { time.Sleep(time.Second); return 0 }) {
		}
		if d := time.Since(begin); d != 10*time.Second {
			t.Errorf("100 items of a second, 10 at once, took %s", d)
		}
	})
}

// TestEachIsBounded: one item that is late holds up the answers, and with them the
// items; they do not pile up.
func TestEachIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const jobs = 4
		var begun, running, most atomic.Int64
		late := make(chan struct{})
		do := func(_ context.Context, i int) int {
			begun.Add(1)
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			if i == 0 {
				<-late
			}
			return i
		}
		sum := make(chan int)
		go func() {
			total := 0
			for i := range Each(t.Context(), jobs, count(1000), do) {
				total += i
			}
			sum <- total
		}()
		synctest.Wait()
		if n := begun.Load(); n < jobs || n > 6*jobs {
			t.Errorf("%d items were begun behind the late one", n)
		}
		close(late)
		if total := <-sum; total != 999*1000/2 || most.Load() > jobs {
			t.Errorf("the sum is %d, at most %d ran at once", total, most.Load())
		}
	})
}

// TestEachBreaks: leaving the loop ends what goes on, also of items without end.
func TestEachBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		do := func(ctx context.Context, i int) int {
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(i) * time.Second):
			}
			return i
		}
		for i := range Each(t.Context(), 8, count(0), do) {
			if i == 3 {
				break
			}
		}
		synctest.Wait()
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

// TestEachCancelled: what has begun is yielded, and no more, whatever the items do.
func TestEachCancelled(t *testing.T) {
	stop := make(chan struct{})
	for name, items := range map[string]iter.Seq[int]{
		"endless items": count(0),
		"blocked items": func(yield func(int) bool) {
			if yield(0) && yield(1) && yield(2) {
				<-stop
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var begun atomic.Int64
			do := func(ctx context.Context, i int) string {
				begun.Add(1)
				if i < 2 {
					return "done"
				}
				<-ctx.Done()
				return "interrupted"
			}
			var got []string
			for answer := range Each(ctx, 4, items, do) {
				got = append(got, answer)
				if len(got) == 2 {
					time.AfterFunc(10*time.Millisecond, cancel)
				}
			}
			if len(got) < 3 || len(got) > 10 || int64(len(got)) != begun.Load() {
				t.Errorf("%d were begun, yielded %q", begun.Load(), got)
			}
		})
	}
	close(stop)
}

func TestEachOfNothing(t *testing.T) {
	for i := range Each(t.Context(), 4, count(0), func(ctx context.Context, i int) int { return i }) {
		if i > 100 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range Each(ctx, 4, count(0), func(context.Context, int) int { return 0 }) {
		t.Errorf("item %d was begun after the end", i)
	}
	for range Each(t.Context(), 4, func(func(int) bool) {}, func(context.Context, int) int { return 0 }) {
		t.Error("there is an answer to nothing")
	}
}
