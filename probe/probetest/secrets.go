package probetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"mailprobe/probe"
)

// keepsSecrets looks for the secrets in all that a result can be printed as.
func keepsSecrets(r *probe.Result, secrets []string) error {
	encoded, err := json.Marshal(r)
	if err != nil {
		return err
	}
	shown := r.Target + "\n" + r.Address + "\n" + Golden(r)
	if r.Transcript != nil {
		shown += strings.Join(r.Transcript.Lines(), "\n")
	}
	for _, s := range secrets {
		seek := seeker(s)
		where := findSecret(shown, seek)
		if at := seek(string(encoded)); where == "" && at >= 0 {
			where = around(string(encoded), at)
		}
		if where != "" {
			return fmt.Errorf("the secret %q shows in %s", s, where)
		}
	}
	return nil
}

// seeker returns a function that finds a secret in any letter case: the beginning
// of a long one is enough, a short one counts only as a whole word.
func seeker(secret string) func(text string) int {
	if len(secret) < 4 {
		word := regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(secret) + `\b`)
		return func(text string) int { return append(word.FindStringIndex(text), -1)[0] }
	}
	trace := strings.ToLower(secret[:min(len(secret), 12)])
	return func(text string) int { return strings.Index(strings.ToLower(text), trace) }
}

// base64ish is what may be base64, which SASL carries credentials in.
var base64ish = regexp.MustCompile(`[A-Za-z0-9+/_-]{6,}`)

// findSecret returns the place where a secret shows, as it is or within base64 of
// any alignment.
func findSecret(text string, seek func(string) int) string {
	if at := seek(text); at >= 0 {
		return around(text, at)
	}
	standard := strings.NewReplacer("-", "+", "_", "/")
	for _, at := range base64ish.FindAllStringIndex(text, -1) {
		word := standard.Replace(text[at[0]:at[1]])
		for skip := range 4 {
			if seek(decode(word[skip:])) >= 0 {
				return around(text, at[0])
			}
		}
	}
	return ""
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
