package delivery

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"mailprobe/search"
)

// runHeader is the field that marks a message.
const runHeader = "X-Mailprobe-Run"

// run identifies the message of one run.
type run struct {
	// Token is random, and names the run.
	Token string
	// Sent is when the message was made.
	Sent time.Time
}

func newRun(now time.Time) run { return run{rand.Text(), now.UTC().Truncate(time.Millisecond)} }

// tokenBytes is the length of rand.Text: 128 bits in base32 and more.
const tokenBytes = 26

func isToken(text string) bool {
	return len(text) == tokenBytes && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// stampForm is how a run's time is written.
const stampForm = "2006-01-02T15:04:05.000Z"

func (r run) stamp() string { return r.Sent.UTC().Format(stampForm) }

// mac proves that the run belongs to the key.
func (r run) mac(key []byte) string {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "mailprobe deliver\n%s\n%s\n", r.Token, r.stamp())
	return hex.EncodeToString(h.Sum(nil))
}

// field is the value of runHeader, folded.
func (r run) field(key []byte) string {
	return fmt.Sprintf("run=%s; time=%s;\r\n hmac=%s", r.Token, r.stamp(), r.mac(key))
}

// localID is the part of the Message-ID before the @.
func (r run) localID() string { return "mailprobe." + r.Token }

// messageID is that of the message from a sender.
func (r run) messageID(from string) string {
	_, domain, _ := strings.Cut(from, "@")
	return "<" + r.localID() + "@" + domain + ">"
}

// provenRun returns the run that a message's header belongs to, if its HMAC is right
// under the key. One right field of several is enough.
func provenRun(h search.Header, key []byte) (run, bool) {
	for _, value := range h.All(runHeader) {
		if r, mac, ok := parseRun(value); ok && hmac.Equal([]byte(mac), []byte(r.mac(key))) {
			return r, true
		}
	}
	return run{}, false
}

// parseRun reads the value of runHeader.
func parseRun(value string) (r run, mac string, ok bool) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(value, ";") {
		name, text, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = strings.TrimSpace(text)
	}
	sent, err := time.Parse(stampForm, parts["time"])
	r = run{parts["run"], sent}
	return r, parts["hmac"], err == nil && isToken(r.Token)
}
