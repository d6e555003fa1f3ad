package search

import (
	"errors"
	"fmt"
	"maps"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Options say which messages to search for. The zero value searches for none.
type Options struct {
	// All searches where there is no criterion either: then every message matches.
	All bool
	// Subject and From match the text of those fields, Header that of a field of any name.
	Subject, From probe.Regexp
	Header        Fields
	// Since is the greatest age of a match, 0 for any.
	Since time.Duration
	// BodyExpect must match the text of a match, BodyReject must not.
	BodyExpect, BodyReject probe.Regexp
}

// Declare returns the options.
func (o *Options) Declare() []probe.Option {
	return []probe.Option{
		{Name: "search", Type: probe.TypeBool, Value: &o.All, Usage: "count the messages, and learn the age of the newest and the oldest; each of the options below searches for those that match"},
		{Name: "subject", Value: &o.Subject, Word: "REGEX", Usage: "search for messages with a subject that matches REGEX, (?i) before it for any letter case"},
		{Name: "from", Value: &o.From, Word: "REGEX", Usage: "search for messages with a From field that matches REGEX, name and address"},
		{Name: "header", Type: probe.TypeMapping, List: true, Value: &o.Header, Word: "NAME=REGEX", Usage: "search for messages with a header field NAME that matches REGEX (repeatable)"},
		{Name: "since", Type: probe.TypeDuration, Value: &o.Since, Usage: "search for messages that came within this time, such as 24h"},
		{Name: "body-expect", Value: &o.BodyExpect, Word: "REGEX", Usage: "read the text of the newest match, or with --since of each, which must match REGEX"},
		{Name: "body-reject", Value: &o.BodyReject, Word: "REGEX", Usage: "read it likewise; it must not match REGEX"},
	}
}

// Prepare checks the values.
func (o *Options) Prepare() error {
	if o.Since < 0 {
		return probe.OptionErrorf("%s: %s is before now only if it is above 0, such as 24h", probe.OptionName("since"), o.Since)
	}
	return nil
}

// PrepareTarget implements probe.TargetPreparer, given who logs in: without a log-in there
// is no mailbox.
func (o *Options) PrepareTarget(login *transport.LoginOptions, t probe.Target) error {
	if err := login.PrepareTarget(t); err != nil || !o.Wanted() {
		return err
	}
	if _, wanted, _ := login.Account.For(t.Host, t.User); !wanted {
		return probe.OptionErrorf("%s", ErrNoUser)
	}
	return nil
}

// ErrNoUser is the error of a search without a log-in.
var ErrNoUser = errors.New("a search needs a mailbox, and so a log-in: add -u NAME")

// Wanted reports whether there is anything to search for.
func (o *Options) Wanted() bool { return o.All || o.hasCriteria() || o.readsBodies() }

// hasCriteria reports whether a message may fail to match.
func (o *Options) hasCriteria() bool {
	return o.Subject.IsSet() || o.From.IsSet() || len(o.Header) > 0 || o.Since > 0
}

// readsBodies reports whether the text of matches is asked about.
func (o *Options) readsBodies() bool { return o.BodyExpect.IsSet() || o.BodyReject.IsSet() }

// FieldNames returns the names of the header fields that a search looks at, without
// repetition, and sorted.
func (o *Options) FieldNames() []string {
	names := map[string]bool{"Date": true, "From": true, "Subject": true}
	for _, f := range o.Header {
		names[f.name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// matches reports whether a header meets every criterion, the age apart.
func (o *Options) matches(h Header) bool {
	return o.Subject.Matches(Decode(h.Get("Subject"))) && o.From.Matches(Decode(h.Get("From"))) && o.Header.match(h)
}

// String describes the criteria.
func (o *Options) String() string {
	var all []string
	for _, f := range append(Fields{{"Subject", o.Subject.Regexp}, {"From", o.From.Regexp}}, o.Header...) {
		if f.pattern != nil {
			all = append(all, fmt.Sprintf("%s matches %q", f.name, f.pattern))
		}
	}
	if o.Since > 0 {
		all = append(all, "came in the last "+probe.FormatSpan(o.Since))
	}
	return strings.Join(all, " and ")
}

// Fields are the patterns of header fields: the value of --header.
type Fields []field

type field struct {
	name    string // as it is sent: X-Backup-Result
	pattern *regexp.Regexp
}

// Set reads NAME=REGEX.
func (f *Fields) Set(text string) error {
	name, expr, ok := strings.Cut(text, "=")
	if !ok || !isFieldName(name) {
		return fmt.Errorf("%q is not NAME=REGEX with the name of a header field, such as X-Backup-Result=^OK", text)
	}
	pattern, err := probe.ParseRegexp(expr)
	if err == nil {
		*f = append(*f, field{textproto.CanonicalMIMEHeaderKey(name), pattern})
	}
	return err
}

// isFieldName reports whether text is the name of a field (RFC 5322 §2.2) that can be sent
// as an atom (RFC 3501 §9).
func isFieldName(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || strings.IndexByte(`:(){}%*"\]`, c) >= 0 {
			return false
		}
	}
	return text != "" && len(text) <= maxFieldName
}

// maxFieldName is how long the name of a field can be: it stands on a line with a colon
// (RFC 5322 §2.1.1).
const maxFieldName = 77

// String returns nothing: patterns have no default.
func (f *Fields) String() string { return "" }

// match reports whether there is a field for each of the patterns.
func (f Fields) match(h Header) bool {
	for _, want := range f {
		has := func(value string) bool { return want.pattern.MatchString(Decode(value)) }
		if !slices.ContainsFunc(h.All(want.name), has) {
			return false
		}
	}
	return true
}
