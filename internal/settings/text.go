package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// variable matches ${NAME}, and $${NAME}, which stands for the text ${NAME}.
var variable = pattern(`\$?\$\{[^}]*\}`)

// Text returns a scalar of one line, called what in errors, with its variables expanded: it
// is the name of something, or part of a header, a command of a protocol or a line that is
// printed.
func (d *Document) Text(n Node, what string) (string, bool) {
	text, ok := d.Long(n, what)
	if fault := notOneLine(text); fault != "" {
		d.Fault(n, "%s %s", what, fault)
		return "", false
	}
	return text, ok
}

// notOneLine returns why a text is not one line, or nothing.
func notOneLine(text string) string {
	i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' })
	switch {
	case i < 0:
		return ""
	case text[i] == '\n' || text[i] == '\r':
		return "has a line break in it; it must be one line"
	}
	return fmt.Sprintf("has a control character in it (%U)", []rune(text[i:])[0])
}

// Long returns a scalar, of one line or several, with its variables expanded.
func (d *Document) Long(n Node, what string) (string, bool) {
	switch {
	case !n.IsScalar():
		d.Fault(n, "%s is a single value, no list and no mapping", what)
		return "", false
	case n.IsNull():
		d.Fault(n, "%s has no value", what)
		return "", false
	}
	if !strings.Contains(n.Written(), "${") {
		return n.Written(), true
	}
	good := true
	text := variable().ReplaceAllStringFunc(n.Written(), func(v string) string {
		if escaped, ok := strings.CutPrefix(v, "$$"); ok {
			return "$" + escaped
		}
		name := v[2 : len(v)-1]
		value, ok := d.getenv(name)
		if !ok {
			good = false
			d.Fault(n, "the environment variable %s is not set; $${%s} stands for the text itself", name, name)
		}
		return value
	})
	return text, good
}

// Texts returns the scalars of a list, or the one scalar there is.
func (d *Document) Texts(n Node, what string) []string { return d.each(n, what, d.Text) }

// Longs is Texts for texts of several lines.
func (d *Document) Longs(n Node, what string) []string { return d.each(n, what, d.Long) }

func (d *Document) each(n Node, what string, read func(Node, string) (string, bool)) []string {
	var all []string
	for _, each := range n.Items() {
		if text, ok := read(each, what); ok {
			all = append(all, text)
		}
	}
	return all
}

// Beside returns a file name that is relative to the folder of the document, wherever the
// program was started: cron starts it elsewhere than a shell does.
func (d *Document) Beside(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if name == "" || name == "-" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(d.Name), name)
}

// hide masks a secret in the lines that problems show.
func (d *Document) hide(secret string) {
	const least = 4 // characters; a shorter one is no secret, and stands in many words
	if len(secret) < least {
		return
	}
	mask := strings.NewReplacer(secret, strings.Repeat("*", utf8.RuneCountInString(secret)))
	for i := range d.lines {
		d.lines[i] = mask.Replace(d.lines[i])
	}
	for i := range d.Problems {
		d.Problems[i].source = mask.Replace(d.Problems[i].source)
	}
}

// redacted replaces the value in a message where it may be a secret: one that comes from
// the environment, and does not stand in the file.
func (d *Document) redacted(n Node, message string) string {
	value, ok := d.Long(n, "")
	if !ok || value == n.Written() || value == "" {
		return message
	}
	return strings.ReplaceAll(message, value, n.Written())
}

// WarnOfSecret warns where a pair is a secret, or names a file with one that others can read.
func (d *Document) WarnOfSecret(p Pair) {
	if p.Name == "token" && p.Value.IsScalar() && !variable().MatchString(p.Value.Written()) {
		d.hide(p.Value.Written())
		d.Warn(p.Key, "whoever can read this file can use the token; token_file, token_env or token_command keeps it elsewhere")
	}
	isSecret := slices.ContainsFunc([]string{"password_file", "token_file", "netrc", "client_key"}, func(name string) bool {
		return p.Name == name || strings.HasSuffix(p.Name, "_"+name)
	})
	if !isSecret || !p.Value.IsScalar() {
		return
	}
	text, _ := d.Text(p.Value, p.Name)
	name := d.Beside(text)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return // the check itself says so
	}
	if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0 {
		d.Warn(p.Value, "%s can be read by everyone on this machine; chmod 600 would be right", name)
	}
}
