package web

import (
	"errors"
	"fmt"
	"log"
	"strings"
	"sync"

	"golang.org/x/time/rate"
)

// noise bounds what clients can have the server say: a few lines at once, and then one
// every few seconds, with how many were left out.
type noise struct {
	log     func(error)
	limiter *rate.Limiter

	mu     sync.Mutex
	missed int
}

// The lines that clients can cause.
const (
	noiseBurst = 20
	noisePace  = 0.2 // a second
)

func newNoise(log func(error)) *noise {
	return &noise{log: log, limiter: rate.NewLimiter(noisePace, noiseBurst)}
}

// add logs an error that a client can cause.
func (n *noise) add(err error) {
	n.mu.Lock()
	if !n.limiter.Allow() {
		n.missed++
		n.mu.Unlock()
		return
	}
	missed := n.missed
	n.missed = 0
	n.mu.Unlock()
	if missed > 0 {
		err = fmt.Errorf("%w (%d lines of clients were left out)", err, missed)
	}
	n.log(err)
}

// Write implements io.Writer for http.Server.ErrorLog.
func (n *noise) Write(line []byte) (int, error) {
	n.add(errors.New(strings.TrimPrefix(strings.TrimSpace(string(line)), "http: ")))
	return len(line), nil
}

// logger is that for http.Server.ErrorLog.
func (n *noise) logger() *log.Logger { return log.New(n, "", 0) }
