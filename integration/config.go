package integration

import (
	"embed"
	"os"
	"path/filepath"
	"text/template"
	"time"
)

//go:embed config
var configs embed.FS

// render writes the template of the same name to path and dates it a minute
// back, because Postfix waits until a configuration is two seconds old.
func render(path string, data any) error { return renderFrom("config", path, data) }

// renderFrom is render with a template in a folder of its own.
func renderFrom(folder, path string, data any) error {
	t, err := template.ParseFS(configs, folder+"/"+filepath.Base(path))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := t.Execute(f, data); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	old := time.Now().Add(-time.Minute)
	return os.Chtimes(path, old, old)
}
