package delivery

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"

	"mailprobe/probe"
	"mailprobe/search"
)

// reportAuthentication reports what the servers found out about the sender, and whether
// the signatures still match.
func (w *walk) reportAuthentication(s *probe.Step, h search.Header) {
	results := receivedResults(h)
	for _, method := range []struct {
		name  string
		fails *probe.Cause
	}{{"spf", CauseSPFReceived}, {"dkim", CauseDKIMReceived}, {"dmarc", CauseDMARCReceived}} {
		result, ok := results[method.name]
		if !ok {
			continue
		}
		s.Learn(probe.Text(method.name+"_received", result))
		if result == "fail" || result == "permerror" {
			s.RaiseFor(method.fails, fmt.Sprintf("the receiving server's verdict on %s is %q", strings.ToUpper(method.name), result))
		}
	}
	w.verifySignatures(s, h)
}

// receivedResults reads what the last server wrote (RFC 8601), which is on top:
// what is below may be of anybody.
func receivedResults(h search.Header) map[string]string {
	found := map[string]string{}
	if value := h.Get("Authentication-Results"); value != "" {
		_, results, err := authres.Parse(value)
		if err == nil {
			for _, r := range results {
				addResult(found, r)
			}
		}
	}
	if _, ok := found["spf"]; !ok {
		// RFC 7208 §9.1: the result is the first word.
		if word, _, _ := strings.Cut(h.Get("Received-SPF"), " "); word != "" {
			found["spf"] = strings.ToLower(clip(word))
		}
	}
	return found
}

// addResult keeps the best of several results of one method, as several signatures have.
func addResult(found map[string]string, r authres.Result) {
	method, value := "", ""
	switch r := r.(type) {
	case *authres.SPFResult:
		method, value = "spf", string(r.Value)
	case *authres.DKIMResult:
		method, value = "dkim", string(r.Value)
	case *authres.DMARCResult:
		method, value = "dmarc", string(r.Value)
	}
	if method != "" && found[method] != "pass" {
		found[method] = clip(value)
	}
}

// maxSignatures is how many DKIM signatures are verified, and keyTimeout the time
// to look all of their keys up.
const (
	maxSignatures = 8
	keyTimeout    = 10 * time.Second
)

// txtResolver is what verifying DKIM needs of a resolver.
type txtResolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// verifySignatures verifies the DKIM signatures (RFC 6376) of the message as it came.
func (w *walk) verifySignatures(s *probe.Step, h search.Header) {
	resolver, ok := w.options.DNS.(txtResolver)
	if len(h.All("DKIM-Signature")) == 0 || !ok {
		return
	}
	ctx, cancel := context.WithTimeout(w.ctx, keyTimeout)
	defer cancel()
	verified, err := dkim.VerifyWithOptions(bytes.NewReader(w.received.Bytes()), &dkim.VerifyOptions{
		LookupTXT:        func(name string) ([]string, error) { return resolver.LookupTXT(ctx, name) },
		MaxVerifications: maxSignatures,
	})
	if err != nil && len(verified) == 0 {
		s.Learn(probe.Text("dkim", "unreadable"))
		s.RaiseFor(CauseDKIMUnusable, "the DKIM signature cannot be read: "+err.Error())
		return
	}
	var words []string
	for _, v := range verified {
		words = append(words, signatureResult(s, v))
	}
	s.Learn(probe.Text("dkim", strings.Join(slices.Compact(words), ", ")))
}

// signatureResult returns the result of one signature. A key that could not be looked up
// is not the message's fault.
func signatureResult(s *probe.Step, v *dkim.Verification) string {
	domain := cmp.Or(clip(v.Domain), "unnamed")
	switch {
	case v.Err == nil:
		return "pass " + domain
	case dkim.IsTempFail(v.Err):
		s.Say(fmt.Sprintf("the DKIM signature of %s could not be verified: %v", domain, v.Err))
		return "unknown " + domain
	}
	cause := CauseDKIMBroken
	if dkim.IsPermFail(v.Err) {
		cause = CauseDKIMUnusable
	}
	s.RaiseFor(cause, fmt.Sprintf("the DKIM signature of %s does not hold: %v", domain, v.Err))
	return "fail " + domain
}

// spamScore finds the score in the fields of spam filters: SpamAssassin's, and
// rspamd's.
var spamScore = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:score=|default: \S+ \[|^)(-?[0-9]+(?:\.[0-9]+)?)`)
})

// reportSpam reports the verdict of a spam filter on the way, and whether that is spam.
func (w *walk) reportSpam(s *probe.Step, h search.Header) (isSpam bool) {
	status := strings.ToLower(h.Get("X-Spam-Status"))
	flag := strings.ToLower(h.Get("X-Spam-Flag"))
	isSpam = strings.HasPrefix(status, "yes") || strings.HasPrefix(flag, "yes") || strings.EqualFold(h.Get("X-Spam"), "yes")
	if isSpam {
		s.Learn(probe.Text("spam", "yes"))
		if !w.inJunk() { // which says the same
			s.RaiseFor(CauseSpam, "a spam filter on the way takes the message for spam")
		}
	} else if status != "" || flag != "" {
		s.Learn(probe.Text("spam", "no"))
	}
	for _, name := range []string{"X-Spam-Score", "X-Spam-Status", "X-Spamd-Result"} {
		m := spamScore().FindStringSubmatch(h.Get(name))
		if m == nil {
			continue
		}
		if score, err := strconv.ParseFloat(m[1], 64); err == nil {
			s.Learn(probe.Number("spam_score", score, probe.None))
			break
		}
	}
	return isSpam
}
