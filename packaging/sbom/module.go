package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// module is a module that is linked into a program.
type module struct {
	path, version string
	sum           string // as in go.sum, without the h1 before it; empty for Go's own packages
	licences      []string
	texts         []string // of its licence files
	holders       []string // whose copyright they name, such as "2009 The Go Authors"
}

// linked returns the modules of a program, Go's standard library first.
func linked(info *debug.BuildInfo) ([]module, error) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	dirs, err := moduleDirs()
	if err != nil {
		return nil, err
	}
	dirs["std"] = strings.TrimSpace(string(goroot))
	all := []module{{path: "std", version: strings.TrimPrefix(strings.Fields(info.GoVersion)[0], "go")}}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			return nil, fmt.Errorf("%s is replaced: its licence is not known", dep.Path)
		}
		all = append(all, module{path: dep.Path, version: dep.Version, sum: strings.TrimPrefix(dep.Sum, "h1:")})
	}
	for i := range all {
		if err := all[i].license(dirs[all[i].path]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// moduleDirs returns where the modules of go.mod are unpacked.
func moduleDirs() (map[string]string, error) {
	out, err := exec.Command("go", "list", "-m", "-json", "all").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	dirs := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Path, Dir string }
		switch err := d.Decode(&m); {
		case errors.Is(err, io.EOF):
			return dirs, nil
		case err != nil:
			return nil, err
		}
		dirs[m.Path] = m.Dir
	}
}

// licenceFile is what files with a licence or a notice that it asks for are called.
var licenceFile = regexp.MustCompile(`^(?i)(licen[cs]e|copying|notice|patents)`)

// enough is the share of a text, in percent, that must be a known licence.
const enough = 75

// patents is what licensecheck calls Google's grant of patents, which stands beside a licence.
const patents = "GooglePatentsFile"

// license reads the licences in the folder of a module.
func (m *module) license(dir string) error {
	entries, err := os.ReadDir(dir)
	if dir == "" || err != nil {
		return fmt.Errorf("%s is not unpacked: go mod download does that", m.path)
	}
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		found := licensecheck.Scan(text)
		for _, match := range found.Match {
			if found.Percent >= enough && match.ID != patents && !slices.Contains(m.licences, match.ID) {
				m.licences = append(m.licences, match.ID)
			}
		}
		m.texts = append(m.texts, strings.TrimSpace(string(text)))
		m.holders = append(m.holders, holdersOf(string(text))...)
	}
	slices.Sort(m.licences)
	m.holders = unique(m.holders)
	if len(m.licences) == 0 {
		return fmt.Errorf("%s %s: no licence is known in %s", m.path, m.version, dir)
	}
	return nil
}

// copyrightLine is a line that names whose copyright it is.
var copyrightLine = regexp.MustCompile(`(?im)^[\s*#/]*(?:portions )?copyright (?:\(c\)|©)?\s*((?:\d{4}|the ).*?)\.?(?: all rights reserved\.?)?\s*$`)

func holdersOf(text string) []string {
	var all []string
	for _, part := range copyrightLine.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.Join(strings.Fields(part[1]), " "))
	}
	return all
}

// unique returns texts without those that are there already, in the same order.
func unique(texts []string) []string {
	var all []string
	for _, text := range texts {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}
