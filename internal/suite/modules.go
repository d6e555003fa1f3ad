package suite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/settings"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Module is a named set of options for checks of targets that somebody else names, as
// Prometheus does by GET /probe.
type Module struct {
	// Name is unique in the file.
	Name string
	// Kind is what sort of check it is.
	Kind probe.Kind
	// Allowed are the only targets it may be used for; none for any. A module with
	// credentials has some.
	Allowed []Allowed
	// Credentials is set if the module logs in, shows a certificate or sends a message:
	// whatever should reach servers that are known beforehand only.
	Credentials bool

	options settings.Values
	shown   settings.Values // as the file has them, with variables not expanded
	faulty  bool            // an option is wrong, and has been reported
	explain func(error) settings.Problem
}

// ErrNotAllowed is the error of a target that is not among those of a module.
var ErrNotAllowed = errors.New("is not among the targets of the module")

// Target reads a target. Its error is the user's; it is ErrNotAllowed for one that the
// module may not be used for.
func (m *Module) Target(text string) (probe.Target, error) {
	t, err := m.Kind.ParseTarget(text)
	switch {
	case err != nil:
		return t, err
	case t.User != "":
		return t, fmt.Errorf("the target names a user; who logs in stands in the module alone")
	case len(m.Allowed) > 0 && !slices.ContainsFunc(m.Allowed, func(a Allowed) bool { return a.Includes(t) }):
		return t, fmt.Errorf("target %q %w %s", text, ErrNotAllowed, m.Name)
	}
	return t, nil
}

// New returns a check with the options of the module, to be prepared. serverName is the
// name that the server's certificate must be for, unless the module has one itself or its
// kind has no such option; empty for the target's.
func (m *Module) New(serverName string) (*probe.Check, error) {
	check, err := m.options.Build(m.Kind)
	if err == nil && serverName != "" && !m.has(serverNameOption) && probe.FindOption(check.Declared, serverNameOption) != nil {
		err = check.Set(serverNameOption, serverName)
	}
	return check, err
}

const serverNameOption = "server-name"

func (m *Module) has(option string) bool {
	return slices.ContainsFunc(m.options, func(v settings.Value) bool { return v.Name == option })
}

// is reports whether an option is true.
func (m *Module) is(option string) bool {
	return slices.ContainsFunc(m.options, func(v settings.Value) bool { return v.Name == option && strings.EqualFold(v.Text, "true") })
}

// String returns the module as a file has it, with secrets masked.
func (m *Module) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n  kind: %s\n", settings.Quote(m.Name), m.Kind.Name)
	for _, v := range m.shown {
		text := settings.Quote(v.Text)
		if strings.HasSuffix(v.Name, "-command") {
			text = wire.Mask
		}
		fmt.Fprintf(&b, "  %s\n", settings.Masked(settings.Key(v.Name)+": "+text))
	}
	if len(m.Allowed) > 0 {
		b.WriteString("  targets:\n")
	}
	for _, a := range m.Allowed {
		fmt.Fprintf(&b, "    - %s\n", settings.Quote(a.String()))
	}
	return b.String()
}

// builtIn are the modules there are without a file, besides one for each kind: the names
// that blackbox_exporter's users know.
var builtIn = []struct {
	name, kind string
	options    settings.Values
}{
	{"smtp_starttls", "smtp", settings.Values{{Name: "tls", Text: "require"}}},
	{"pop3_starttls", "pop3", settings.Values{{Name: "tls", Text: "require"}}},
	{"imap_starttls", "imap", settings.Values{{Name: "tls", Text: "require"}}},
	// One request, and its answer is waited for as long as there is time.
	{"icmp", "ping", settings.Values{{Name: "count", Text: "1"}, {Name: "wait", Text: "10s"}}},
}

// BuiltIn returns the modules that need no file: one named as each kind that takes a
// target, smtp_starttls, pop3_starttls and imap_starttls, which demand TLS, and icmp, a
// single echo request.
func BuiltIn(kinds []probe.Kind) []*Module {
	var all []*Module
	for _, k := range kinds {
		if probe.New(k).TakesTarget() {
			all = append(all, &Module{Name: k.Name, Kind: k})
		}
	}
	for _, b := range builtIn {
		if i := slices.IndexFunc(kinds, func(k probe.Kind) bool { return k.Name == b.kind }); i >= 0 {
			all = append(all, &Module{Name: b.name, Kind: kinds[i], options: b.options, shown: b.options})
		}
	}
	return all
}
