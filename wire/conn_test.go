package wire_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/wire"
)

// bubble runs a test in simulated time.
func bubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestReadLine(t *testing.T) {
	bubble(t, "line ends", func(t *testing.T) {
		s := dial(t, t.Context(), "S: crlf\nS: lf\\n\nS: cr\\x0d\nS:\nS: a\\x00b\\xff\nS: cut\\\n* close")
		for _, want := range []string{"crlf", "lf", "cr\r", "", "a\x00b\xff"} {
			s.wantLine(want)
		}
		s.wantError(wire.ErrClosed, `connection closed by the server, in the middle of "cut"`)
		s.wantTranscript("S: crlf", `S: lf\n`, `S: cr\x0d`, "S:", `S: a\x00b\xff`, `S: cut\`, "* close")
		if odd := s.Odd(); len(odd) != 1 || odd[0] != "a line that ends in a bare LF" {
			t.Errorf("odd: %q", odd)
		}
		if odd := s.Odd(); odd != nil {
			t.Errorf("odd is told again: %q", odd)
		}
		s.NoteOdd("a prompt")
		s.NoteOdd("a prompt")
		if odd := s.Odd(); len(odd) != 1 || odd[0] != "a prompt" {
			t.Errorf("noted by a protocol: %q", odd)
		}
	})
	bubble(t, "closed at once", func(t *testing.T) {
		s := dial(t, t.Context(), "* close")
		s.wantError(wire.ErrClosed, "connection closed by the server")
	})
}

func TestLineLimits(t *testing.T) {
	for length, odd := range map[int]int{512: 0, 513: 1, wire.MaxLine: 1} {
		bubble(t, "allowed", func(t *testing.T) {
			line := strings.Repeat("x", length-2)
			s := dial(t, t.Context(), "S: "+line+"\nS: next")
			s.wantLine(line)
			if got := s.Odd(); len(got) != odd {
				t.Errorf("a line of %d bytes: %q", length, got)
			}
			s.wantLine("next")
		})
	}
	for _, length := range []int{wire.MaxLine + 1, 100_000} {
		bubble(t, "too long", func(t *testing.T) {
			s := dial(t, t.Context(), "S: "+strings.Repeat("x", length-2))
			s.wantError(wire.ErrLimit, `too much: a line of more than 4096 bytes, begun with "xxx`)
		})
	}
	bubble(t, "without end", func(t *testing.T) {
		c := raw(t, t.Context(), func(server net.Conn) {
			for {
				if _, err := server.Write(bytes.Repeat([]byte("x"), 1000)); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
		_, err := c.ReadLine()
		wantError(t, err, wire.ErrLimit, "too much")
	})
}

func TestSessionLimit(t *testing.T) {
	bubble(t, "lines without end", func(t *testing.T) {
		c := raw(t, t.Context(), func(server net.Conn) {
			for {
				if _, err := server.Write(bytes.Repeat([]byte("\n"), 4000)); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
		lines := 0
		for {
			if _, err := c.ReadLine(); err != nil {
				wantError(t, err, wire.ErrLimit, "more than 1048576 bytes in one session")
				break
			}
			lines++
		}
		if lines != wire.MaxSession {
			t.Errorf("%d lines of one byte were read", lines)
		}
		if n := c.Transcript.Len(); n > 5000 {
			t.Errorf("the transcript holds %d events", n)
		}
		if last := c.Transcript.Lines(); last[len(last)-1] != "# 1044481 events more" {
			t.Errorf("the transcript ends in %q", last[len(last)-1])
		}
	})
}

func TestDeadlines(t *testing.T) {
	bubble(t, "silence", func(t *testing.T) {
		s := dial(t, t.Context(), "")
		s.SetTimeout(1500 * time.Millisecond)
		if d := elapsed(func() { s.wantError(wire.ErrTimeout, "no answer within 1.5s") }); d != 1500*time.Millisecond {
			t.Errorf("it took %s", d)
		}
	})
	bubble(t, "one byte a second", func(t *testing.T) {
		s := dial(t, t.Context(), "S: a\\\n"+strings.Repeat("+ 1s\nS: b\\\n", 60))
		s.SetTimeout(10 * time.Second)
		if d := elapsed(func() { s.wantError(wire.ErrTimeout, `no answer within 10s, in the middle of "abbbbbbbbb`) }); d != 10*time.Second {
			t.Errorf("it took %s", d)
		}
	})
	bubble(t, "context before step", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		s := dial(t, ctx, "")
		s.SetTimeout(time.Minute)
		if d := elapsed(func() { s.wantError(wire.ErrTimeout, "no answer within 2s") }); d != 2*time.Second {
			t.Errorf("it took %s", d)
		}
	})
	bubble(t, "a new step has new time", func(t *testing.T) {
		s := dial(t, t.Context(), "+ 2s\nS: one\n+ 2s\nS: two")
		for _, want := range []string{"one", "two"} {
			s.SetTimeout(3 * time.Second)
			s.wantLine(want)
		}
	})
	bubble(t, "after a time-out the next step goes on", func(t *testing.T) {
		s := dial(t, t.Context(), "S: cut \\\n+ 2s\nS: off\nS: next")
		s.SetTimeout(time.Second)
		s.wantError(wire.ErrTimeout, "no answer within 1s")
		s.SetTimeout(5 * time.Second)
		s.wantLine("off")
		s.wantLine("next")
	})
	bubble(t, "writing to nobody", func(t *testing.T) {
		client, server := net.Pipe()
		defer func() { _ = server.Close() }()
		c := wire.NewConn(t.Context(), client, &wire.Transcript{})
		defer func() { _ = c.Close() }()
		c.SetTimeout(time.Second)
		wantError(t, c.Cmd("HELLO"), wire.ErrTimeout, "no answer within 1s")
	})
}

func TestCancel(t *testing.T) {
	for name, script := range map[string]string{"silence": "", "in a line": "S: 22\\", "dripping": strings.Repeat("+ 100ms\nS: x\\\n", 50)} {
		bubble(t, name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := dial(t, ctx, script)
			s.SetTimeout(time.Minute)
			time.AfterFunc(time.Second, cancel)
			if d := elapsed(func() { s.wantError(context.Canceled, "interrupted") }); d != time.Second {
				t.Errorf("it took %s", d)
			}
			s.SetTimeout(time.Minute)
			s.wantError(context.Canceled, "interrupted")
			wantError(t, s.Cmd("QUIT"), context.Canceled, "interrupted")
		})
	}
	bubble(t, "before the start", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c := raw(t, ctx, func(server net.Conn) { _, _ = io.Copy(io.Discard, server) })
		_, err := c.ReadLine()
		wantError(t, err, context.Canceled, "interrupted")
	})
	bubble(t, "by a cause", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := dial(t, ctx, "")
		cancel(errors.New("the user went home"))
		s.wantError(context.Canceled, "interrupted: the user went home")
	})
	bubble(t, "while it writes", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client, server := net.Pipe()
		defer func() { _ = server.Close() }()
		c := wire.NewConn(ctx, client, &wire.Transcript{})
		defer func() { _ = c.Close() }()
		time.AfterFunc(time.Second, cancel)
		wantError(t, c.WriteBody(func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }), context.Canceled, "interrupted")
	})
}

func TestCommands(t *testing.T) {
	bubble(t, "sent and recorded", func(t *testing.T) {
		s := dial(t, t.Context(), "C: MAIL FROM:<>\nC: RCPT TO:<a@b>\nS: ok\nC: DATA\n* body\nS: ok")
		for _, command := range []string{"MAIL FROM:<>", "RCPT TO:<a@b>"} {
			if err := s.Queue("%s", command); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the second has nothing to send
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		s.wantLine("ok")
		if err := s.Cmd("DATA"); err != nil {
			t.Fatal(err)
		}
		send := func(w io.Writer) error { _, err := io.WriteString(w, "Subject: x\r\n\r\n..\r\n.\r\n"); return err }
		if err := s.WriteBody(send); err != nil {
			t.Fatal(err)
		}
		s.wantLine("ok")
		s.wantTranscript("C: MAIL FROM:<>", "C: RCPT TO:<a@b>", "S: ok", "C: DATA", "* body", "S: ok")
	})
	bubble(t, "line breaks", func(t *testing.T) {
		s := dial(t, t.Context(), "C: QUIT")
		for _, bad := range []string{"a\r\nQUIT", "a\nb", "a\rb", "a\x00b"} {
			wantError(t, s.Cmd("RCPT TO:<%s>", bad), wire.ErrInput, "a line break or NUL is not allowed in a command")
			err := s.Cmd("PASS %s", wire.Secret(bad))
			wantError(t, err, wire.ErrInput, `"PASS ***"`)
		}
		if err := s.Cmd("QUIT"); err != nil {
			t.Fatal(err)
		}
		s.wantTranscript("C: QUIT")
	})
	bubble(t, "raw bytes", func(t *testing.T) {
		s := dial(t, t.Context(), "C: PROXY x\nC: \\x00\\x01\\")
		if n, err := s.Write([]byte("PROXY x\r\n\x00\x01")); n != 11 || err != nil {
			t.Fatalf("wrote %d bytes, %v", n, err)
		}
		s.wantTranscript("C: PROXY x", `C: \x00\x01\`)
	})
}

// broken is a connection whose every read and write fails.
type broken struct {
	net.Conn
	err error
}

func (b broken) Read([]byte) (int, error)  { return 0, b.err }
func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestNetworkErrors(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	for errno, text := range map[syscall.Errno]string{syscall.ECONNRESET: "connection reset by peer", syscall.EPIPE: "broken pipe"} {
		err := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", errno)}
		c := wire.NewConn(t.Context(), broken{near, err}, &wire.Transcript{})
		_, got := c.ReadLine()
		wantError(t, got, errno, text)
		wantError(t, c.Cmd("QUIT"), errno, text)
		if strings.Contains(got.Error(), "tcp") {
			t.Errorf("the error repeats the address: %v", got)
		}
	}
}
