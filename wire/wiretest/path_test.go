package wiretest_test

import (
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/wire/wiretest"
)

func TestPathLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := wiretest.Path{RoundTrip: 100 * time.Millisecond}.Connect()
		begin := time.Now()
		for _, text := range []string{"one", "two"} {
			if n, err := near.Write([]byte(text)); n != 3 || err != nil {
				t.Fatal(n, err)
			}
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("writing took %s", d)
		}
		time.AfterFunc(20*time.Millisecond, func() { _, _ = near.Write([]byte("three")); _ = near.Close() })
		buffer := make([]byte, 100)
		for text, at := range map[string]time.Duration{"one": 50} {
			n, err := far.Read(buffer)
			if string(buffer[:n]) != text || err != nil || time.Since(begin) != at*time.Millisecond {
				t.Errorf("%q, %v after %s", buffer[:n], err, time.Since(begin))
			}
		}
		rest, err := io.ReadAll(far)
		if string(rest) != "twothree" || err != nil || time.Since(begin) != 70*time.Millisecond {
			t.Errorf("%q, %v after %s", rest, err, time.Since(begin))
		}
		_ = far.Close()
	})
}

func TestPathEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := wiretest.Path{RoundTrip: time.Second}.Connect()
		_ = far.Close()
		if _, err := far.Write([]byte("x")); err == nil {
			t.Error("a closed end can be written to")
		}
		if err := far.Close(); err == nil {
			t.Error("an end can be closed twice")
		}
		// The first write is on its way before the path knows that nobody is there.
		if _, err := near.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second) // the news comes after one
		if _, err := near.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("writing to nobody: %v", err)
		}
		_ = near.SetDeadline(time.Now())
		if _, err := near.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("writing after the deadline: %v", err)
		}
		_ = near.Close()
	})
}
