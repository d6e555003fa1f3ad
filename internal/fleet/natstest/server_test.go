package natstest

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// open connects to servers, and makes a stream with copies on so many of them.
func open(t *testing.T, url string, copies int) jetstream.Stream {
	t.Helper()
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, Replicas: copies})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s.1", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	return stream
}

// TestKill: what a server has acknowledged is there after SIGKILL.
func TestKill(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	stream := open(t, s.URL, 1)
	before := s.PID()
	s.Kill()
	s.Restart()
	if msg, err := stream.GetMsg(t.Context(), 1); err != nil || string(msg.Data) != "kept" {
		t.Errorf("after the kill the message is %v, %v", msg, err)
	}
	if before == s.PID() || s.PID() == 0 {
		t.Errorf("the server's process is %d, was %d", s.PID(), before)
	}
}

// TestCluster: two of three servers keep what all three had.
func TestCluster(t *testing.T) {
	t.Parallel()
	all := Cluster(t, Options{}, Options{}, Options{})
	stream := open(t, URLs(all), 3)
	all[0].Kill()
	msg, err := stream.GetMsg(t.Context(), 1)
	for range 10 { // while the others elect a leader nobody answers
		if err == nil {
			break
		}
		msg, err = stream.GetMsg(t.Context(), 1)
	}
	if err != nil || string(msg.Data) != "kept" {
		t.Errorf("without one server the message is %v, %v", msg, err)
	}
	all[0].Restart()
}

// TestConfig: what a test configures is in force.
func TestConfig(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Config: `authorization { token: "of-the-test" }`})
	if conn, err := nats.Connect(s.URL); err == nil || !strings.Contains(err.Error(), "Authorization") {
		t.Errorf("a connection without the token: %v, %v", conn, err)
	}
	conn, err := nats.Connect(s.URL, nats.Token("of-the-test"))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
