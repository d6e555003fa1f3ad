package integration

import (
	"fmt"
	"os"
	"path/filepath"
)

// startRelay writes the folder of the sender's Postfix and starts it.
func (l *Lab) startRelay() error {
	dir := filepath.Join(l.dir, "relay")
	if err := l.writeRelay(dir); err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	d, err := startDaemon("relay", filepath.Join(dir, "log"), postfixMaster, "-c", dir)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	l.daemons = append(l.daemons, d)
	return l.await(d, relayServices())
}

func (l *Lab) writeRelay(dir string) error {
	data := filepath.Join(dir, "data")
	if err := makeQueue(filepath.Join(dir, "queue")); err != nil {
		return err
	}
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	if err := giveTo("postfix", data); err != nil {
		return err
	}
	for _, name := range []string{"main.cf", "master.cf"} {
		err := renderFrom("config/relay", filepath.Join(dir, name), struct {
			*Lab
			Dir, TLS, Auth, Policy string
		}{l, dir, l.dir, filepath.Join(l.dir, "dovecot", "run", "postfix-auth"), l.greylist.addr()})
		if err != nil {
			return err
		}
	}
	return nil
}
