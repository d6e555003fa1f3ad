package integration

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// eximProgram is where tools/unpack.sh leaves Exim, which cannot be installed beside
// Postfix.
const eximProgram = "/var/cache/mailprobe-test/usr/sbin/exim4"

// asExim runs Exim where the user is known whose name Debian has compiled into it.
const asExim = `mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && exec "$2" -C "$1/exim.conf" -bdf`

// eximMissing says why Exim cannot be run here, nil if it can.
func eximMissing() error {
	if _, err := os.Stat(eximProgram); err != nil {
		return fmt.Errorf("%w: %v; as root: make packages", ErrMissing, err)
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: exim runs for root only", ErrMissing)
	}
	return nil
}

// startExim writes Exim's folder and starts it.
func (l *Lab) startExim() (*daemon, error) {
	dir, err := os.MkdirTemp(l.dir, "exim-")
	if err == nil {
		err = l.writeExim(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("exim: %w", err)
	}
	d, err := startDaemon("exim", filepath.Join(dir, "log-mainlog"), "unshare", "-m", "sh", "-c", asExim, "exim", dir, eximProgram)
	if err != nil {
		return nil, fmt.Errorf("exim: %w", err)
	}
	if err := l.await(d, []Service{Exim}); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

func (l *Lab) writeExim(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "spool"), 0o755); err != nil {
		return err
	}
	for name, line := range map[string]string{"passwd": "Debian-exim:x:8:8::/nonexistent:/bin/false\n", "group": "Debian-exim:x:8:\n"} {
		text, err := os.ReadFile(filepath.Join("/etc", name))
		if err != nil {
			return err
		}
		text = append(append(bytes.TrimRight(text, "\n"), '\n'), line...)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	for _, name := range []string{"good.crt", "good.key"} {
		text, err := os.ReadFile(filepath.Join(l.dir, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	for _, name := range []string{"", "spool", "good.crt", "good.key"} {
		if err := giveTo("mail", filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return render(filepath.Join(dir, "exim.conf"), struct {
		*Lab
		Dir, Program, Hostname, Domain string
	}{l, dir, eximProgram, Hostname, Domain})
}
