package centre

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is a nats-server inside the process.
type embedded struct {
	*server.Server
	log *serverLog

	due     bool      // connections have ended because of messages that were too large
	counted time.Time // until when these are counted
}

const (
	// readyWithin is how long a server may take to read its streams.
	readyWithin = 30 * time.Second
	// maxStore bounds all streams together on the disk, in bytes.
	maxStore = 4 << 30
	// syncEvery is how often what was written reaches the disk itself: what a machine that loses
	// its power may lose. A process that is killed loses nothing.
	syncEvery = 10 * time.Second
	// maxClosed is how many connections that have ended the server remembers.
	maxClosed = 1000
)

// startServer starts the embedded server, which leaves signals and files of the process alone. It
// does not listen yet.
func startServer(state, listen string, k keys, warn func(error)) (*embedded, error) {
	o, err := serverOptions(state, listen, k)
	if err != nil {
		return nil, err
	}
	// Why nobody can listen there is known before anything is begun; listen comes last.
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("--fleet-listen: %w", err)
	}
	_ = l.Close()
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err
	}
	log := &serverLog{warn: warn}
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	if !s.ReadyForConnections(readyWithin) {
		s.Shutdown()
		return nil, fmt.Errorf("the fleet's server was not ready within %s; its streams are in %s", readyWithin, o.StoreDir)
	}
	return &embedded{Server: s, log: log}, nil
}

// listen has the server listen, with TLS only. It is called once somebody says who may connect:
// until then the server would let those who come wait, and then refuse them.
func (s *embedded) listen() error {
	s.AcceptLoop(make(chan struct{}))
	if s.Addr() == nil {
		return errors.New("--fleet-listen: somebody else listens there now")
	}
	return nil
}

func serverOptions(state, listen string, k keys) (*server.Options, error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("--fleet-listen %q is not ADDRESS:PORT, such as :4222", listen)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("--fleet-listen %q has no port from 1 to 65535", listen)
	}
	own, err := certificate(state)
	if err != nil {
		return nil, err
	}
	o := &server.Options{
		ServerName: "mailprobe", Host: host, Port: int(port), DontListen: true, MaxClosedClients: maxClosed, NoSigs: true, NoLog: true, DisableJetStreamBanner: true,
		JetStream: true, JetStreamMaxMemory: 32 << 20, JetStreamMaxStore: maxStore, StoreDir: filepath.Join(state, folder, "streams"), SyncInterval: syncEvery,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS13}, TLSTimeout: authTimeout,
		DisableShortFirstPing: true, // a client takes one that comes before it is admitted for an error
	}
	return o, o.ProcessConfigString(k.config())
}

// of returns the connections of a name.
func (s *embedded) of(name string) []*server.ConnInfo {
	conns, err := s.Connz(&server.ConnzOptions{Username: true, User: name, Limit: maxConns})
	if err != nil {
		return nil // only options can be wrong
	}
	return conns.Conns
}

// connections returns how many connections there are of a name.
func (s *embedded) connections(name string) int { return len(s.of(name)) }

// end ends the connections of a name.
func (s *embedded) end(name string) {
	for _, c := range s.of(name) {
		_ = s.DisconnectClientByID(c.Cid) // it may have gone by itself
	}
}

// oversized returns whose connections the server has ended because of a message that is larger
// than one may be, each as often as that was since it was asked last. It is called every second or
// so, and tells it the second time, when the connection has ended for sure.
func (s *embedded) oversized(now time.Time) (names []string) {
	due, since := s.due, s.counted
	if s.due = s.log.oversized.Swap(false); !due {
		return nil
	}
	s.counted = now
	conns, err := s.Connz(&server.ConnzOptions{Username: true, State: server.ConnClosed, Limit: maxClosed})
	if err != nil {
		return nil // only options can be wrong
	}
	for _, c := range conns.Conns {
		if c.Reason == server.MaxPayloadExceeded.String() && c.Stop != nil && c.Stop.After(since) && !c.Stop.After(now) {
			names = append(names, c.AuthorizedUser)
		}
	}
	return names
}

// stop ends the server once its streams are written.
func (s *embedded) stop() {
	s.Shutdown()
	s.WaitForShutdown()
}

// serverLog takes what the server logs: errors of its own are told, what clients do wrong is
// not, as the authority tells that.
type serverLog struct {
	warn      func(error)
	oversized atomic.Bool // a connection has ended, or is about to, because of a message that is too large
}

func (l *serverLog) Noticef(string, ...any) {}
func (l *serverLog) Debugf(string, ...any)  {}
func (l *serverLog) Tracef(string, ...any)  {}
func (l *serverLog) Warnf(string, ...any)   {}

func (l *serverLog) Errorf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	if strings.Contains(text, server.ErrMaxPayload.Error()) {
		l.oversized.Store(true)
	}
	// A line of a connection begins with its address and number.
	if strings.Contains(text, "cid:") || strings.Contains(text, "TLS handshake error") {
		return
	}
	l.warn(errors.New("fleet: " + text))
}

func (l *serverLog) Fatalf(format string, v ...any) { l.warn(fmt.Errorf("fleet: "+format, v...)) }
