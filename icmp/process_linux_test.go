package icmp

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
)

// Some tests need a process of their own: they run this test binary again with
// the name of what it is to do in the environment.
const roleVariable = "ICMP_TEST_ROLE"

// role runs this test binary as a helper and returns the started command.
func role(t *testing.T, name string, out *strings.Builder) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestRole$")
	cmd.Env = append(os.Environ(), roleVariable+"="+name)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// TestRole is the helper's side.
func TestRole(t *testing.T) {
	switch os.Getenv(roleVariable) {
	case "":
		t.Skip("only as a helper of other tests")
	case "drop":
		roleDrop(t)
	case "ping":
		e := listen(t, Options{})
		s, err := e.Ping(t.Context(), tuntest.Far4, PingOptions{Count: 100, Interval: 20 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("sent %d received %d lost %d late %d errors %d max %s\n", s.Sent, s.Received, s.Lost, s.Late, s.Errors, s.Max)
	}
}

func roleDrop(t *testing.T) {
	e := listen(t, Options{})
	if err := DropPrivileges(); errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("dropped nothing in a program built with cgo")
		return
	} else if err != nil {
		t.Fatal(err)
	}
	s, err := e.Ping(t.Context(), netip.MustParseAddr("127.0.0.1"), PingOptions{Count: 1})
	if err != nil || s.Received != 1 {
		t.Errorf("the open socket after the drop: %+v, %v", s, err)
	}
	for range 20 { // on any thread
		done := make(chan error)
		go func() {
			_, err := openRaw(protoICMP4, Options{ReadBuffer: 1})
			done <- err
		}()
		if err := <-done; !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a raw socket after the drop: %v", err)
		}
	}
	if err := DropPrivileges(); err != nil {
		t.Errorf("dropping twice: %v", err)
	}
	fmt.Println("dropped")
}

func TestDropPrivileges(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("has no privileges to drop")
	}
	var out strings.Builder
	cmd := role(t, "drop", &out)
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "dropped") {
		t.Errorf("%v: %s", err, out.String())
	}
}

// A process that is stopped for a second loses nothing: the answers waited in
// the kernel, with their time on them.
func TestStoppedForASecond(t *testing.T) {
	tuntest.Isolate(t, func(p tun.Packet) []tun.Answer {
		if !p.IsEchoRequest() {
			return nil
		}
		return []tun.Answer{{After: 5 * time.Millisecond, Packet: p.Reply()}}
	})
	var out strings.Builder
	cmd := role(t, "ping", &out)
	time.Sleep(600 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(1200 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGCONT)
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "sent 100 received 100 lost 0 late 0 errors 0") {
		t.Errorf("%v: %s", err, out.String())
	}
}

// Two processes and two engines that ping one host side by side each get their
// own answers, all of them.
func TestSideBySide(t *testing.T) {
	tuntest.Isolate(t, func(p tun.Packet) []tun.Answer {
		if !p.IsEchoRequest() {
			return nil
		}
		return []tun.Answer{{After: 5 * time.Millisecond, Packet: p.Reply()}}
	})
	a, b := listen(t, Options{}), listen(t, Options{})
	var out strings.Builder
	cmd := role(t, "ping", &out)
	done := make(chan *Stats)
	for _, e := range []*Engine{a, b, a} {
		go func() {
			s, _ := e.Ping(t.Context(), tuntest.Far4, PingOptions{Count: 100, Interval: 20 * time.Millisecond})
			done <- s
		}()
	}
	for range 3 {
		if s := <-done; s.Received != 100 || s.Corrupted+s.Foreign+s.Duplicates != 0 {
			t.Errorf("%+v", *s)
		}
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "received 100") {
		t.Errorf("%v: %s", err, out.String())
	}
}
