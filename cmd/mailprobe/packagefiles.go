package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"mailprobe/internal/suite"
)

// newPackageFiles makes the command that writes the files of a package which follow from
// the program itself. It is for those who make packages, and is not listed.
func newPackageFiles(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "package-files DIRECTORY",
		Short: "write manual pages, completions, units and a first file of checks, for a package",
		Long: `Write the files of a package that follow from the program: manual pages,
completions, units of systemd for a program in /usr/bin, and the file for
/etc/mailprobe with its schema. The directory stands for the root of the system.`,
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := a.packageFiles()
			if err != nil {
				return err
			}
			for _, name := range slices.Sorted(maps.Keys(files)) {
				if err := writePackageFile(filepath.Join(args[0], name), files[name]); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// writePackageFile writes one file, in folders that are made where there are none.
func writePackageFile(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

// completionPaths are where the shells of Debian look for the scripts of packages.
var completionPaths = map[string]string{
	"bash": "usr/share/bash-completion/completions/mailprobe",
	"zsh":  "usr/share/zsh/vendor-completions/_mailprobe",
	"fish": "usr/share/fish/vendor_completions.d/mailprobe.fish",
}

// packageFiles returns the files by their paths below the root.
func (a *app) packageFiles() (map[string]string, error) {
	files := map[string]string{
		"etc/mailprobe/mailprobe.yaml":              packagedFirstFile(),
		"usr/share/mailprobe/mailprobe.schema.json": string(suite.Schema(kinds())),
		"usr/share/man/man5/mailprobe.yaml.5":       a.fileManual(),
		"usr/lib/sysusers.d/mailprobe.conf":         sysusers,
	}
	for _, u := range packagedUnits() {
		files[u.path] = u.text
	}
	for shell, path := range completionPaths {
		script, err := fs.ReadFile(completionScripts, "completion/mailprobe."+shell)
		if err != nil {
			return nil, err
		}
		files[path] = string(script)
	}
	for name, page := range a.manuals() {
		files[fmt.Sprintf("usr/share/man/man1/%s.1", name)] = page
	}
	return files, nil
}
