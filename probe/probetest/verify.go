package probetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"mailprobe/probe"
)

// verify checks what must be true of any result.
func verify(t *testing.T, r *probe.Result, secrets []string) {
	t.Helper()
	for _, fault := range []error{uniqueSteps(r), survivesJSON(r), keepsSecrets(r, secrets)} {
		if fault != nil {
			t.Errorf("result of %s: %v", r.Target, fault)
		}
	}
}

func uniqueSteps(r *probe.Result) error {
	seen := map[string]bool{}
	for _, s := range r.Steps {
		if seen[s.Name] {
			return fmt.Errorf("there are two steps %q", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

// survivesJSON checks that a result read from its own JSON has the same JSON.
func survivesJSON(r *probe.Result) error {
	first, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var back probe.Result
	if err := json.Unmarshal(first, &back); err != nil {
		return fmt.Errorf("its JSON cannot be read: %w", err)
	}
	second, err := json.Marshal(&back)
	if err != nil {
		return err
	}
	if !sameJSON(first, second) {
		return fmt.Errorf("JSON is not the same after a round trip:\n%s\n%s", first, second)
	}
	return nil
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// keepsSecrets looks for the secrets in all that a result can be printed as.
func keepsSecrets(r *probe.Result, secrets []string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	shown := []string{string(text), Golden(r)}
	if r.Transcript != nil {
		shown = append(shown, strings.Join(r.Transcript.Lines(), "\n"))
	}
	for _, s := range secrets {
		for _, text := range shown {
			if where := findSecret(text, s); where != "" {
				return fmt.Errorf("the secret %q shows in %s", s, where)
			}
		}
	}
	return nil
}

// base64ish is what may be base64, which SASL carries credentials in.
var base64ish = regexp.MustCompile(`[A-Za-z0-9+/_-]{4,}`)

// findSecret returns the place where a secret shows, in any letter case, as it is
// or within base64 of any alignment.
func findSecret(text, secret string) string {
	pattern := regexp.MustCompile(`(?i)` + wholeWord(secret))
	if at := pattern.FindStringIndex(text); at != nil {
		return around(text, at[0])
	}
	for _, at := range base64ish.FindAllStringIndex(text, -1) {
		word := strings.NewReplacer("-", "+", "_", "/").Replace(text[at[0]:at[1]])
		for skip := range 4 {
			if decoded := decode(word[min(skip, len(word)):]); pattern.MatchString(decoded) {
				return around(text, at[0])
			}
		}
	}
	return ""
}

// wholeWord is the pattern of a secret; short ones count as whole words only.
func wholeWord(secret string) string {
	if len(secret) < 4 {
		return `\b` + regexp.QuoteMeta(secret) + `\b`
	}
	return regexp.QuoteMeta(secret)
}

// decode decodes as much of base64 as there is.
func decode(word string) string {
	if len(word)%4 == 1 {
		word = word[:len(word)-1]
	}
	text, _ := base64.RawStdEncoding.DecodeString(word)
	return string(text)
}

// around is the text near a place.
func around(text string, at int) string {
	return fmt.Sprintf("%q", text[max(0, at-20):min(len(text), at+40)])
}
