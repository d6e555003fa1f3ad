package suite

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The limits of a call to a dead man's switch.
const (
	heartbeatTimeout = 10 * time.Second
	startGrace       = 1500 * time.Millisecond // that the end waits for the start
	maxHeartbeat     = 90_000                  // bytes of the report, of which services keep some 100 kB
)

// beat calls the dead man's switch: with "start" when a run begins, with the exit
// status when it ends and the report as body, as healthchecks.io and its like have
// it. It is tried twice.
func beat(ctx context.Context, n Network, address, word, body string) error {
	err := beatOnce(ctx, n, address, word, body)
	if err != nil && pause(ctx, time.Second) {
		err = beatOnce(ctx, n, address, word, body)
	}
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}

func beatOnce(ctx context.Context, n Network, address, word, body string) error {
	ctx, cancel := context.WithTimeout(ctx, heartbeatTimeout)
	defer cancel()
	path, query, hasQuery := strings.Cut(address, "?")
	address = strings.TrimSuffix(path, "/") + "/" + word
	if hasQuery {
		address += "?" + query
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(prefix(body, maxHeartbeat)))
	if err != nil {
		return plainURLError(err)
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	// Who is redirected has reached another page, such as one to log in with.
	client := *n.client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return plainURLError(err)
	}
	defer func() { _ = response.Body.Close() }()
	return answerOf(response, request.URL, nil)
}
