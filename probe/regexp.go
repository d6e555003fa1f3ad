package probe

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Regexp is a regular expression as the value of an option. The zero value is unset, and
// matches everything.
type Regexp struct{ *regexp.Regexp }

// Set reads a regular expression. An empty one is none.
func (r *Regexp) Set(text string) (err error) {
	if text == "" {
		return errors.New("an empty regular expression would match everything: leave it out")
	}
	r.Regexp, err = ParseRegexp(text)
	return err
}

// String returns the expression, empty for none.
func (r *Regexp) String() string {
	if !r.IsSet() {
		return ""
	}
	return r.Regexp.String()
}

// IsSet reports whether there is an expression.
func (r Regexp) IsSet() bool { return r.Regexp != nil }

// Matches reports whether text matches.
func (r Regexp) Matches(text string) bool { return !r.IsSet() || r.MatchString(text) }

// ParseRegexp reads a regular expression in the syntax of RE2. Its error quotes what is
// wrong with it.
func ParseRegexp(text string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(text)
	if wrong := new(syntax.Error); errors.As(err, &wrong) {
		return nil, fmt.Errorf("%q is not a regular expression: %s in %q", text, wrong.Code, wrong.Expr)
	}
	return re, err
}
