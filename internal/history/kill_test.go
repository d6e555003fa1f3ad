package history

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/probe"
)

// killedEnv has the directory that the test binary works in when it is a process that
// will be killed.
const killedEnv = "MAILPROBE_HISTORY_KILLED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedEnv); dir != "" {
		fmt.Fprintln(os.Stderr, work(dir, 0))
		os.Exit(1)
	}
	if path := os.Getenv(damagedEnv); path != "" {
		if err := useDamaged(path, os.Getenv(damagedEnv+"_AS")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// nightly returns how often to repeat a test that depends on chance: more often if
// MAILPROBE_NIGHTLY is set.
func nightly(usual, night int) int {
	if os.Getenv("MAILPROBE_NIGHTLY") != "" {
		return night
	}
	return usual
}

// The checks of a process that is killed change with every run: their n-th change
// opens an incident if n is odd, and closes it if n is even.
const killedChecks = 5

// work commits runs and sends what is pending, as a process started by cron does: for a
// number of rounds, 0 for ever.
func work(dir string, rounds int) error {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(dir, FileName), Options{})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	fmt.Println("ready")
	for i := 0; rounds == 0 || i < rounds; i++ {
		for name := range killedChecks {
			if err := change(ctx, s, dir, fmt.Sprintf("check %d", name)); err != nil && !errors.Is(err, ErrStale) {
				return err
			}
			if rounds == 0 {
				fmt.Println("changed")
			}
		}
		if err := send(ctx, s, dir); err != nil && !errors.Is(err, ErrLost) {
			return err
		}
	}
	return nil
}

// change commits the next change of a check, and then records that it did.
func change(ctx context.Context, s *Store, dir, name string) error {
	states, err := s.States(ctx)
	if err != nil {
		return err
	}
	state := states[name]
	n, _ := strconv.Atoi(string(state.Memo))
	n++
	now := time.Now()
	state.Name, state.Memo = name, []byte(strconv.Itoa(n))
	inc := Incident{ID: state.Incident, Name: name, Opened: state.Since, Closed: now}
	event := Event{At: now, Kind: EventClosed, Result: result(now, probe.Critical)}
	if n%2 == 1 {
		inc = Incident{ID: IncidentID(name, now) + "-" + strconv.Itoa(n), Name: name, Opened: now}
		event.Kind, state.Incident, state.Since = EventOpened, inc.ID, now
	} else {
		state.Incident = ""
	}
	inc.Events = []Event{event}
	err = s.Commit(ctx, Batch{
		Start: now, Entries: []Entry{{name, event.Result}}, States: []State{state}, Incidents: []Incident{inc},
		Notifications: []Notification{{ID: fmt.Sprintf("%s/%d", name, n), Notifier: "file", Created: now}},
	})
	if err != nil {
		return err
	}
	return appendLine(dir, "committed", fmt.Sprintf("%s/%d", name, n))
}

// send delivers what is pending, to a file in place of the receiver.
func send(ctx context.Context, s *Store, dir string) error {
	pending, err := s.Pending(ctx)
	if err != nil {
		return err
	}
	for _, n := range pending {
		c, ok, err := s.Claim(ctx, n.ID, 300*time.Millisecond)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := s.HandOver(ctx, c); err != nil {
			return err
		}
		line := n.ID
		if n.Doubt {
			line += " again?"
		}
		if err := errors.Join(appendLine(dir, "received", line), s.Sent(ctx, c)); err != nil {
			return err
		}
	}
	return nil
}

// appendLine appends a line to a file in one write, like a receiver that takes a message
// as a whole or not at all.
func appendLine(dir, file, line string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

// TestKilled kills processes that write to one history, two at a time, at random moments,
// and checks the history after each.
func TestKilled(t *testing.T) {
	kills := nightly(20, 200)
	dir := t.TempDir()
	var counted sync.Mutex
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for {
				counted.Lock()
				kills--
				left := kills
				counted.Unlock()
				if left < 0 || t.Failed() {
					return
				}
				kill(t, dir)
				examine(t, dir)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	time.Sleep(350 * time.Millisecond) // the claims of those killed last have ended
	if err := work(dir, 1); err != nil {
		t.Fatal(err)
	}
	examine(t, dir)
	received(t, dir)
}

// kill starts a process and kills it shortly after one of its first changes, so that on a
// busy machine as much happens before as on an idle one.
func kill(t *testing.T, dir string) {
	exe, err := os.Executable()
	if err != nil {
		t.Error(err)
		return
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), killedEnv+"="+dir)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	lines := bufio.NewScanner(out)
	for range 1 + rand.IntN(3*killedChecks) {
		lines.Scan()
	}
	time.Sleep(time.Duration(rand.IntN(10_000)) * time.Microsecond)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if said.Len() > 0 {
		t.Errorf("a process ended by itself: %s", said.String())
	}
}

// examine opens the history as the next process does, and checks what must hold at any
// time.
func examine(t *testing.T, dir string) {
	done := lines(t, dir, "committed")
	s, err := Open(t.Context(), filepath.Join(dir, FileName), Options{})
	if err != nil || s.Notice() != "" {
		t.Errorf("the history does not open: %v", err)
		return
	}
	defer func() { _ = s.Close() }()
	seen := snapshot(t, s)
	for name, state := range seen.states {
		n, _ := strconv.Atoi(string(state.Memo))
		if got := seen.opened[name]; got != (n+1)/2 {
			t.Errorf("%s has changed %d times, and has %d incidents", name, n, got)
		}
		if got := seen.open[name]; got != n%2 || (state.Incident != "") != (n%2 == 1) {
			t.Errorf("%s has changed %d times, %d incidents are open, the state knows %q", name, n, got, state.Incident)
		}
		if got := seen.notified[name]; got != n {
			t.Errorf("%s has changed %d times, and has %d notifications", name, n, got)
		}
	}
	for id := range done {
		name, n, _ := strings.Cut(id, "/")
		if want, _ := strconv.Atoi(n); want > 0 {
			if got, _ := strconv.Atoi(string(seen.states[name].Memo)); got < want {
				t.Errorf("%s is lost: the history has %d", id, got)
			}
		}
	}
}

// snap is the content of a history at one moment.
type snap struct {
	states                 map[string]State
	opened, open, notified map[string]int
}

func snapshot(t *testing.T, s *Store) snap {
	seen := snap{map[string]State{}, map[string]int{}, map[string]int{}, map[string]int{}}
	tx, err := s.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Error(err)
		return seen
	}
	defer func() { _ = tx.Rollback() }()
	for query, into := range map[string]map[string]int{
		"SELECT name, count(*) FROM incident GROUP BY name":                                      seen.opened,
		"SELECT name, count(*) FROM incident WHERE closed IS NULL GROUP BY name":                 seen.open,
		"SELECT substr(id, 1, instr(id, '/') - 1) AS of, count(*) FROM notification GROUP BY of": seen.notified,
		"SELECT name, state ->> 'memo' FROM state":                                               nil,
	} {
		rows, err := tx.QueryContext(t.Context(), query)
		if err != nil {
			t.Error(err)
			return seen
		}
		for rows.Next() {
			var name string
			var n int
			if err := rows.Scan(&name, &n); err != nil {
				t.Error(err)
			}
			if into == nil {
				seen.states[name] = State{Memo: []byte(strconv.Itoa(n))}
				continue
			}
			into[name] = n
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Error(err)
		}
	}
	for name, state := range seen.states {
		row := tx.QueryRowContext(t.Context(), "SELECT coalesce(state ->> 'incident', '') FROM state WHERE name = ?", name)
		if err := row.Scan(&state.Incident); err != nil {
			t.Error(err)
		}
		seen.states[name] = state
	}
	return seen
}

// received checks what the receiver got: every notification, and once; twice only those
// marked as a possible repetition.
func received(t *testing.T, dir string) {
	s := open(t, filepath.Join(dir, FileName))
	got := lines(t, dir, "received")
	count, repeated := 0, 0
	for name, state := range snapshot(t, s).states {
		n, _ := strconv.Atoi(string(state.Memo))
		for i := 1; i <= n; i++ {
			id := fmt.Sprintf("%s/%d", name, i)
			switch plain, doubted := got[id], got[id+" again?"]; {
			case plain+doubted == 0:
				t.Errorf("%s was forgotten", id)
			case plain > 1:
				t.Errorf("%s was sent %d times without a mark", id, plain)
			default:
				count++
				repeated += plain + doubted - 1
			}
		}
	}
	t.Logf("%d notifications were received, %d of them a second time, marked", count, repeated)
}

// lines counts the lines of a file.
func lines(t *testing.T, dir, file string) map[string]int {
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	all := map[string]int{}
	for line := range strings.Lines(string(text)) {
		all[strings.TrimSpace(line)]++
	}
	return all
}
