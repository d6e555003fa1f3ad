package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

const (
	// defaultsName is the name of the file with the options that a user always gives, in the
	// folder mailprobe of the user's configuration.
	defaultsName = "defaults.yaml"
	// maxDefaults bounds it, in bytes.
	maxDefaults = 1 << 20
)

// defaultsFile is the file of defaults while it is read.
type defaultsFile struct {
	*settings.Document
	top      settings.Node
	isPublic bool // everybody on this machine can read it
}

// openDefaults reads the file of defaults; it is nil where there is none. Programs that cron
// or a monitoring system starts may have no home, or that of another user.
func openDefaults() (*defaultsFile, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return nil, nil
	}
	name := filepath.Join(dir, "mailprobe", defaultsName)
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, nil
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", name)
	case isForeign(info):
		return nil, fmt.Errorf("%s belongs to another user, who could have your commands run; set HOME to a folder of your own, or give --no-defaults", name)
	case info.Mode().Perm()&0o002 != 0 && runtime.GOOS != "windows":
		return nil, fmt.Errorf("%[1]s can be written by everyone on this machine, who could have your commands run; chmod 600 %[1]s", name)
	}
	text, err := readDefaults(name)
	if err != nil || isBlank(text) {
		return nil, err
	}
	d := &defaultsFile{isPublic: info.Mode().Perm()&0o004 != 0 && runtime.GOOS != "windows"}
	d.Document, d.top = settings.Parse(name, []byte(text))
	return d, nil
}

func readDefaults(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		var why *fs.PathError
		if errors.As(err, &why) {
			err = why.Err
		}
		return "", fmt.Errorf("%s cannot be read: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxDefaults+1))
	if err == nil && len(text) > maxDefaults {
		err = fmt.Errorf("%s has more than %d bytes; it is no file of defaults", name, maxDefaults)
	}
	return string(text), err
}

// isBlank reports whether a text has nothing but comments.
func isBlank(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

// pairs returns the options for a kind, each once: what is under the kind's name counts more
// than what is at the top. Keys of other kinds are permitted.
func (d *defaultsFile) pairs(kind string, known settings.Options) []settings.Pair {
	if d.top.IsZero() {
		return nil
	}
	var names []string
	for _, k := range kindList {
		names = append(names, k.name)
	}
	elsewhere := func(p settings.Pair) bool {
		return slices.Contains(names, p.Name) && (p.Value.IsMapping() || p.Value.IsNull()) || anyCommandHas(p.Name)
	}
	last := map[string]settings.Pair{}
	var order []string
	for _, p := range d.ForKind(d.top, "the file of defaults", kind, known, elsewhere, names) {
		if _, ok := last[p.Name]; !ok {
			order = append(order, p.Name)
		}
		last[p.Name] = p
	}
	all := make([]settings.Pair, len(order))
	for i, name := range order {
		all[i] = last[name]
	}
	return all
}

// anyCommandHas reports whether a command of a kind has an option of a key. It makes all of
// them, which only a file with options for other kinds needs.
func anyCommandHas(key string) bool {
	return slices.ContainsFunc(kindList, func(k struct {
		name string
		make func() probe.Kind
	}) bool {
		return optionsOf(newCheck(&app{}, k.make()).Flags()).LookUp(key) != nil
	})
}

// vet refuses what gives a secret away: a command that may contain one in a file that
// everybody can read, and the name of such a file.
func (d *defaultsFile) vet(o *probe.Option, p settings.Pair) {
	if d.isPublic && o.Credential && o.Type == probe.TypeCommand {
		d.Fault(p.Key, "%s stands in a file that everyone on this machine can read; chmod 600 %s", p.Key.Written(), d.Name)
	}
	d.WarnOfSecret(p)
}
