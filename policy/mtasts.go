package policy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxSTSPolicy is the size of a policy that is read, in bytes (RFC 8461 §3.3 suggests it).
const MaxSTSPolicy = 64 << 10

// STSPolicy is an MTA-STS policy (RFC 8461 §3.2).
type STSPolicy struct {
	// Mode is enforce, testing or none.
	Mode string
	// MaxAge is how long senders keep it, in seconds.
	MaxAge int
	// MX are the patterns for exchangers.
	MX []string
}

// IsSTS reports whether a TXT record at _mta-sts is one of MTA-STS (RFC 8461 §3.1).
func IsSTS(text string) bool { return isVersioned(text, "STSv1") }

// isVersioned reports whether a record begins with v=VERSION and a semicolon.
func isVersioned(text, version string) bool {
	rest, ok := strings.CutPrefix(text, "v="+version)
	return ok && (strings.HasPrefix(strings.TrimLeft(rest, " \t"), ";") || rest == "")
}

// ParseSTSRecord returns the id of a record that IsSTS.
func ParseSTSRecord(text string) (id string, err error) {
	tags, _, _ := parseTags(text)
	id, ok := get(tags, "id")
	alnum := func(r rune) bool { return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' }
	if !ok || id == "" || len(id) > 32 || strings.TrimFunc(id, alnum) != "" {
		return "", fmt.Errorf("id=%s is not 1 to 32 letters and digits", id)
	}
	return id, nil
}

// ParseSTSPolicy reads a policy. Lines end in LF or CRLF, of a field that stands twice the
// first counts, and unknown fields are ignored (RFC 8461 §3.2).
func ParseSTSPolicy(text string) (*STSPolicy, error) {
	if len(text) > MaxSTSPolicy {
		return nil, fmt.Errorf("the policy is longer than %d bytes", MaxSTSPolicy)
	}
	fields, patterns := map[string]string{}, []string(nil)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		name, value, found := strings.Cut(line, ":")
		if !found {
			if strings.TrimSpace(line) != "" {
				return nil, fmt.Errorf("the line %q has no colon", line)
			}
			continue
		}
		value = strings.Trim(value, " \t")
		if _, twice := fields[name]; !twice {
			fields[name] = value
		}
		if name == "mx" {
			patterns = append(patterns, canonical(value))
		}
	}
	return newSTSPolicy(fields, patterns)
}

func newSTSPolicy(fields map[string]string, patterns []string) (*STSPolicy, error) {
	p := &STSPolicy{Mode: fields["mode"], MX: patterns}
	if v := fields["version"]; v != "STSv1" {
		return nil, fmt.Errorf("version is %q, not STSv1", v)
	}
	if !slices.Contains([]string{"enforce", "testing", "none"}, p.Mode) {
		return nil, fmt.Errorf("mode is %q, not enforce, testing or none", p.Mode)
	}
	age, err := strconv.ParseUint(fields["max_age"], 10, 32)
	if err != nil || age > 31557600 {
		return nil, fmt.Errorf("max_age is %q, not a number of seconds up to 31557600", fields["max_age"])
	}
	p.MaxAge = int(age)
	if len(p.MX) == 0 && p.Mode != "none" {
		return nil, errors.New("there is no mx")
	}
	for _, pattern := range p.MX {
		if !isName(strings.TrimPrefix(pattern, "*.")) {
			return nil, fmt.Errorf("mx: %q is not a name", pattern)
		}
	}
	return p, nil
}

// Permits reports whether an exchanger matches one of the patterns; a "*." stands for
// exactly one label (RFC 8461 §4.1).
func (p *STSPolicy) Permits(exchanger string) bool {
	return slices.ContainsFunc(p.MX, func(pattern string) bool { return MatchesSTS(pattern, exchanger) })
}

// MatchesSTS reports whether an exchanger matches a pattern.
func MatchesSTS(pattern, exchanger string) bool {
	exchanger = canonical(exchanger)
	rest, wild := strings.CutPrefix(canonical(pattern), "*.")
	if !wild {
		return rest == exchanger
	}
	label, parent, _ := strings.Cut(exchanger, ".")
	return label != "" && parent == rest
}
