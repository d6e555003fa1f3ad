package api

import (
	"context"
	"sync"
	"time"

	"mailprobe/internal/suite"
)

// rereadTokens is when tokens are read again of which one could not be read.
const rereadTokens = 30 * time.Second

// tokens are those of the passive items of the file of now.
type tokens struct {
	mu        sync.Mutex
	of        *suite.Suite
	receivers suite.Receivers
	again     time.Time // when they are read again; zero where all are known
	said      string    // what was wrong with them
}

// receiver returns the passive item with a token, nil for none. Tokens are read for all who
// ask: that this one goes away does not end it.
func (a *API) receiver(ctx context.Context, token string) *suite.Receiver {
	t := &a.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	now := a.Scheduler.Suite()
	if now != t.of || !t.again.IsZero() && !a.Now().Before(t.again) {
		a.readTokens(context.WithoutCancel(ctx), now)
	}
	return t.receivers.Find(token)
}

// readTokens reads the tokens, which must be locked.
func (a *API) readTokens(ctx context.Context, now *suite.Suite) {
	t := &a.tokens
	all, err := now.Receivers(ctx)
	t.of, t.receivers, t.again = now, all, time.Time{}
	if err == nil {
		t.said = ""
		return
	}
	t.again = a.Now().Add(rereadTokens)
	if said := err.Error(); said != t.said {
		t.said = said
		a.Log(err)
	}
}
