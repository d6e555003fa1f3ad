package domain

import (
	"regexp"
	"testing"

	"mailprobe/smtpcheck"
)

// TestAdvice: no hint for an exchanger names an option that the check of a domain does not
// have, and each hint in the table is in the place of one that the session can give.
func TestAdvice(t *testing.T) {
	option := regexp.MustCompile(`(^| )(-[^-46v]|--(tls[ =]|server-name|insecure|proxy-protocol|pipeline|size|tls=))`)
	unused := map[string]bool{}
	for name := range advice {
		unused[name] = true
	}
	for _, c := range smtpcheck.SessionCauses() {
		delete(unused, c.Name)
		if hint := advise(c).Hint; option.MatchString(hint) {
			t.Errorf("%s: %s", c.Name, hint)
		}
	}
	for name := range unused {
		t.Errorf("no session ends with %s", name)
	}
}
