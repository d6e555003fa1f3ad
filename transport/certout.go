package transport

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"mailprobe/internal/atomicfile"
	"mailprobe/probe"
)

// certOut is the file of --cert-out. The first server replaces it as a whole, further ones
// are appended, each with a line that names it.
type certOut struct {
	name string

	mu   sync.Mutex
	have map[string]bool // the servers in it
}

// certOutHead is the first line of the file. One that begins otherwise is not replaced: it may be what
// a server is configured with, or the system's authorities.
const certOutHead = "# Certificates as servers sent them, written by mailprobe --cert-out\n"

// prepareCertOut refuses a file that something else would be lost in.
func (o *Options) prepareCertOut() error {
	o.certOut = nil
	if o.CertOut == "" {
		return nil
	}
	option := probe.OptionName("cert-out")
	if o.CertOut == "-" {
		return probe.OptionErrorf("%s needs the name of a file, as standard output is for the result", option)
	}
	if err := atomicfile.Check(o.CertOut); err != nil {
		return probe.OptionErrorf("%s: %w", option, err)
	}
	head, err := readHead(o.CertOut, len(certOutHead))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if info, err := os.Stat(filepath.Dir(o.CertOut)); err != nil || !info.IsDir() {
			return probe.OptionErrorf("%s: there is no folder %s to write the file to", option, filepath.Dir(o.CertOut))
		}
	case err != nil:
		return probe.OptionErrorf("%s: %w", option, err)
	case head != "" && head != certOutHead:
		return probe.OptionErrorf("%s: %s was not written by %[1]s before, and is not overwritten; name another file", option, o.CertOut)
	}
	o.certOut = &certOut{name: o.CertOut, have: map[string]bool{}}
	return nil
}

// readHead returns the first n bytes of a file, or what there is.
func readHead(name string, n int) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	head, err := io.ReadAll(io.LimitReader(file, int64(n)))
	return string(head), err
}

// writeCertificates writes what the server showed in the handshake, whatever came of it.
func (l *Link) writeCertificates(s *probe.Step) {
	if l.options.certOut == nil || len(l.shown) == 0 {
		return
	}
	where := l.Target.AddrPort(l.address)
	if err := l.options.certOut.add(l.Target.Host+" at "+where, l.shown); err != nil {
		s.RaiseFor(probe.CauseUsage.Advise("name a file in a directory that this user may write to"), fmt.Sprintf("--cert-out: %v", err))
	}
}

// add writes the certificates of a server, unless they are in the file.
func (c *certOut) add(server string, shown [][]byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.have[server] {
		return nil
	}
	var text bytes.Buffer
	if len(c.have) == 0 {
		text.WriteString(certOutHead)
	}
	fmt.Fprintf(&text, "# %s\n", printable(server))
	for _, der := range shown {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a Buffer takes all
	}
	if err := c.write(text.Bytes()); err != nil {
		return err
	}
	c.have[server] = true
	return nil
}

func (c *certOut) write(text []byte) error {
	if len(c.have) == 0 {
		return atomicfile.Write(c.name, atomicfile.Mode{Perm: 0o644}, atomicfile.Text(text))
	}
	file, err := os.OpenFile(c.name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// printable returns a text in printable ASCII on one line.
func printable(text string) string {
	quoted := strconv.QuoteToASCII(text)
	return quoted[1 : len(quoted)-1]
}
