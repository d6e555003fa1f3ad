package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// onTerminal runs mailprobe with a terminal of so many columns as its output, and
// returns what it wrote there, with line ends as a terminal sees them. What takes
// longer than the limit is interrupted, and killed if it does not end then.
func onTerminal(t *testing.T, columns, rows int, limit time.Duration, args ...string) string {
	t.Helper()
	out, _ := runOnTerminal(t, columns, rows, limit, args...)
	return out
}

// runOnTerminal is onTerminal with the exit code.
func runOnTerminal(t *testing.T, columns, rows int, limit time.Duration, args ...string) (string, int) {
	t.Helper()
	near, far := openTerminal(t, columns, rows)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "mailprobe", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Stdout, cmd.Stderr = far, far
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "TERM=xterm")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = far.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(near) // it ends in EIO when nobody has the terminal any more
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() < 0 {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// openTerminal opens both ends of a pseudo terminal.
func openTerminal(t *testing.T, columns, rows int) (near, far *os.File) {
	t.Helper()
	need(t, "terminal")
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	fd := int(near.Fd())
	err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(rows), Col: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
	far, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return near, far
}

// A screen shows what a terminal would, as far as mailprobe makes use of it.
type screen struct {
	columns     int
	lines       [][]rune // all there ever were
	row, column int      // of the cursor
}

func (s *screen) String() string {
	var b strings.Builder
	for _, line := range s.lines {
		b.WriteString(string(line) + "\n")
	}
	return b.String()
}

var control = regexp.MustCompile(`^(?:\r|\n|\x1b\[(\d*)([A-Z]))`)

// show takes a control sequence, or the text before one, and returns what is left
// of the output.
func (s *screen) show(out string) (rest string, err error) {
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, nil)
	}
	if m := control.FindStringSubmatch(out); m != nil {
		return out[len(m[0]):], s.control(m[0], m[1], m[2])
	}
	text := out[:strings.IndexAny(out+"\r", "\r\n\x1b")]
	if text == "" {
		return "", fmt.Errorf("a sequence that is not known: %.20q", out)
	}
	line := append(s.lines[s.row], []rune(strings.Repeat(" ", s.columns))...)[:s.columns]
	n := copy(line[s.column:], []rune(text))
	if n < utf8.RuneCountInString(text) {
		return "", fmt.Errorf("a line wraps: %q", text)
	}
	s.column += n
	s.lines[s.row] = []rune(strings.TrimRight(string(line), " "))
	return out[len(text):], nil
}

// control obeys a control sequence with its number and its letter (ECMA-48).
func (s *screen) control(whole, number, letter string) error {
	line := s.lines[s.row]
	switch line = line[:min(s.column, len(line))]; cmp.Or(letter, whole) {
	case "\r":
		s.column = 0
	case "\n":
		s.row++
	case "F": // to the begin of a line above
		up, err := strconv.Atoi(number)
		if err != nil || up > s.row {
			return fmt.Errorf("up %q lines from line %d", number, s.row)
		}
		s.row, s.column = s.row-up, 0
	case "K": // clear the rest of the line
		s.lines[s.row] = line
	case "J": // and all lines below
		s.lines = append(s.lines[:s.row], line)
	default:
		return fmt.Errorf("a sequence that is not known: %q", whole)
	}
	return nil
}

// One host's answers are shown as they come, and then what they came to.
func TestPingOnTerminal(t *testing.T) {
	need(t, "ping")
	out := onTerminal(t, 80, 24, time.Minute, "ping", "-c", "3", "-i", "10ms", "127.0.0.1")
	want := regexp.MustCompile(`^(64 bytes from 127\.0\.0\.1: seq=[0-2] ttl=64 time=\S+ [mu]s\r\n){3}\r\n127\.0\.0\.1: 3 sent, 3 received, 0% loss\r\nround trip [^\n]+\np95 [^\n]+ deviation [^\n]+\n([^\n]+\n)?$`)
	if !want.MatchString(out) {
		t.Errorf("shown is %q", out)
	}
}

// need skips a test for what the machine lacks, unless that is required.
func need(t *testing.T, name string) {
	t.Helper()
	if ok, err := condition(name); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skipf("SKIP there is no %s here", name)
	}
}

// replay returns what is on the screen in the end, and how many different states
// it had in between; in each there was one table at most.
func replay(t *testing.T, columns int, out string) (end string, changes int) {
	t.Helper()
	s, seen := screen{columns: columns}, map[string]bool{}
	for rest := out; rest != ""; {
		var err error
		if rest, err = s.show(rest); err != nil {
			t.Fatalf("%d columns: %v", columns, err)
		}
		end = s.String()
		if strings.Count(end, "HOST ") > 1 {
			t.Fatalf("%d columns: more than one table:\n%s", columns, end)
		}
		seen[end] = true
	}
	return end, len(seen)
}

// An interrupt ends the table, which stays as it shows what is known by then.
func TestLiveTableInterrupted(t *testing.T) {
	need(t, "ping")
	out := onTerminal(t, 80, 24, 4*time.Second, "ping", "-c", "0", "-i", "100ms", "127.0.0.1", "127.0.0.2")
	end, changes := replay(t, 80, out)
	want := regexp.MustCompile(`^HOST .*\n(127\.0\.0\.[12] +[1-9][0-9]* +0% [^…]*\n){2}\nSTATUS .*\n(OK +127\.0\.0\.[12] .*\n){2}\n2 targets: 2 OK\n$`)
	if changes < 5*2 || !want.MatchString(end) {
		t.Errorf("the table changed %d times; in the end there is\n%s", changes, end)
	}
}

// Many hosts on a terminal are one table that changes in place, within the width
// of the terminal, and that gives way to the results.
func TestLiveTable(t *testing.T) {
	need(t, "ping")
	long := strings.Repeat("long.", 12) + "invalid"
	for columns, results := range map[int]string{80: "8 of 8 answered", 50: "127.0.0."} {
		out := onTerminal(t, columns, 24, time.Minute, "ping", "-c", "8", "-i", "100ms", "--timeout", "20s", "127.0.0.1", "127.0.0.2", "127.0.0.3", long)
		end, changes := replay(t, columns, out)
		if changes < 5*3 {
			t.Errorf("%d columns: the table changed %d times", columns, changes)
		}
		if !strings.HasPrefix(end, "STATUS ") || strings.Count(end, results) != 3 || !strings.Contains(end, "\n4 targets: 1 CRITICAL, 3 OK\nhint for long") {
			t.Errorf("%d columns: in the end there is\n%s", columns, end)
		}
	}
}

// onStderr runs mailprobe with a terminal of so many columns as its standard error, and
// returns what it wrote there and on standard output.
func onStderr(t *testing.T, columns int, args ...string) (stderr, stdout string) {
	t.Helper()
	near, far := openTerminal(t, columns, 24)
	cmd := exec.CommandContext(t.Context(), "mailprobe", args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, far
	cmd.Env = append(os.Environ(), "TERM=xterm")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = far.Close()
	var shown bytes.Buffer
	_, _ = shown.ReadFrom(near)
	_ = cmd.Wait() // the verdict is in the output
	return shown.String(), out.String()
}

// silent listens on a loopback address, and says nothing to who connects.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// TestHangingStep makes sure that a terminal shows which step hangs and for how long,
// whatever the format, and nothing of it in the end.
func TestHangingStep(t *testing.T) {
	for _, format := range []string{"table", "jsonl", "nagios"} {
		server := silent(t)
		stderr, stdout := onStderr(t, 80, "smtp", "--tls=off", "--timeout=3900ms", "-o", format, server)
		var want strings.Builder
		for _, seconds := range []int{1, 2} {
			fmt.Fprintf(&want, "%s: step greeting, %d s so far\r\x1b[K", server, seconds)
		}
		if !strings.HasPrefix(stderr, want.String()) || !strings.HasSuffix(stderr, " so far\r\x1b[K") {
			t.Errorf("%s: the terminal shows %q, not %q", format, stderr, want.String())
		}
		if strings.Contains(stdout, "so far") || stdout == "" {
			t.Errorf("%s: the result is %q", format, stdout)
		}
	}
}

// TestHangingStepWidth makes sure that the line never wraps: it could not be taken away.
func TestHangingStepWidth(t *testing.T) {
	stderr, _ := onStderr(t, 24, "smtp", "--tls=off", "--timeout=3s", silent(t), silent(t))
	shown := strings.Split(stderr, "\r\x1b[K")
	for _, line := range shown {
		if len(line) > 23 {
			t.Errorf("a line of %d columns wraps: %q", len(line), line)
		}
	}
	if len(shown) < 3 || shown[len(shown)-1] != "" {
		t.Errorf("the terminal shows %q", stderr)
	}
}

// TestNoHangingStep makes sure that what goes well leaves no trace, and that without a
// terminal nothing is shown.
func TestNoHangingStep(t *testing.T) {
	if stderr, _ := onStderr(t, 80, "smtp", "--tls=off", "127.0.0.1:1"); stderr != "" {
		t.Errorf("the terminal shows %q", stderr)
	}
	cmd := exec.CommandContext(t.Context(), "mailprobe", "smtp", "--tls=off", "--timeout=3s", silent(t))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil || stderr.String() != "" {
		t.Errorf("%v, standard error has %q", err, stderr.String())
	}
}
