package notify

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestNoAnswer: that a receiver does not answer is said without a word of Go.
func TestNoAnswer(t *testing.T) {
	hold := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer web.Close()
	defer close(hold)
	_, err := post(t, `webhook: {url: "`+web.URL+`", attempts: 1, timeout: 50ms}`)
	if err == nil || err.Error() != "there was no answer in time" {
		t.Error(err)
	}
}
