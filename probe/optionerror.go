package probe

import (
	"errors"
	"fmt"
	"strings"
)

// OptionName is the name of an option in an error or a hint. It is shown as the flag.
type OptionName string

// String returns the flag.
func (n OptionName) String() string { return "--" + string(n) }

// OptionError is an error of the user's about options. Their names are parts of their own
// in it, so that each reader has the user's own words for them: the flag, the key of a
// file, the flag of another check that passes its options on.
type OptionError struct {
	// Option is the option it is about.
	Option OptionName

	format string
	args   []any
}

// OptionErrorf makes an OptionError of a text as fmt.Errorf does. The options in it are
// arguments of type OptionName; it is about the first of them.
func OptionErrorf(format string, args ...any) *OptionError {
	e := &OptionError{format: format, args: args}
	for _, arg := range args {
		if name, ok := arg.(OptionName); ok {
			e.Option = name
			break
		}
	}
	return e
}

// Error returns the text with the options as flags.
func (e *OptionError) Error() string { return fmt.Errorf(e.format, e.args...).Error() }

// Unwrap returns the errors in the text.
func (e *OptionError) Unwrap() []error {
	var all []error
	for _, arg := range e.args {
		if err, ok := arg.(error); ok {
			all = append(all, err)
		}
	}
	return all
}

// Named returns the text with other words for the options: what name returns for each.
func (e *OptionError) Named(name func(OptionName) string) string {
	return fmt.Errorf(e.format, e.replaced(func(n OptionName) any { return name(n) })...).Error()
}

// Renamed returns the error about other options: what rename returns for each.
func (e *OptionError) Renamed(rename func(OptionName) OptionName) *OptionError {
	return &OptionError{Option: rename(e.Option), format: e.format, args: e.replaced(func(n OptionName) any { return rename(n) })}
}

// replaced returns the arguments with others for the names of options.
func (e *OptionError) replaced(with func(OptionName) any) []any {
	args := make([]any, len(e.args))
	for i, arg := range e.args {
		switch arg := arg.(type) {
		case OptionName:
			args[i] = with(arg)
		case *OptionError:
			args[i] = &OptionError{Option: arg.Option, format: arg.format, args: arg.replaced(with)}
		default:
			args[i] = arg
		}
	}
	return args
}

// OptionText returns the text of an error with other words for the options in it, where
// it is an OptionError.
func OptionText(err error, name func(OptionName) string) string {
	if e := new(OptionError); errors.As(err, &e) {
		return e.Named(name)
	}
	return err.Error()
}

// RenameOptions returns a hint with other names for its options: what rename returns
// for each. A hint is never in a server's words, and an option in it begins with two
// hyphens; commands in backquotes keep theirs.
func RenameOptions(hint string, rename func(OptionName) OptionName) string {
	var b strings.Builder
	for i, part := range strings.Split(hint, "`") {
		if i%2 == 1 {
			b.WriteString("`" + part + "`")
			continue
		}
		for {
			before, name, after := cutOption(part)
			b.WriteString(before)
			if name == "" {
				break
			}
			b.WriteString(rename(OptionName(name)).String())
			part = after
		}
	}
	return b.String()
}

// cutOption cuts a text around the first option in it; name is empty where there is none.
func cutOption(text string) (before, name, after string) {
	for from := 0; ; {
		at := strings.Index(text[from:], "--")
		if at < 0 {
			return text, "", ""
		}
		at += from
		from = at + len("--")
		end := from
		for end < len(text) && isOptionLetter(text[end]) {
			end++
		}
		if end > from && text[from] != '-' && (at == 0 || strings.IndexByte(" (/", text[at-1]) >= 0) {
			return text[:at], text[from:end], text[end:]
		}
	}
}

func isOptionLetter(c byte) bool { return c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' }
