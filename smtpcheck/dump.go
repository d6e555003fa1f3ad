package smtpcheck

import (
	"bytes"
	"cmp"
	"errors"
	"io"
)

// Dump writes the message that Send would hand over, without connecting. Its lines end in
// LF, as those of other texts here, and no dot is doubled: read as Draft.File it is the
// same message again. An error of the options is a probe.OptionError.
func (c *Check) Dump(out io.Writer) error {
	c.Send = true
	if err := errors.Join(c.prepareHelo(), c.prepareAddresses()); err != nil {
		return err
	}
	if err := c.Draft.Prepare(c.probe); err != nil {
		return err
	}
	m, err := c.compose(cmp.Or(c.Helo, c.machine, "localhost"))
	if err == nil {
		_, err = m.WriteTo(withLF{out})
	}
	return errors.Join(err, c.Close())
}

// withLF passes a text with CRLFs on with LFs.
type withLF struct{ w io.Writer }

func (l withLF) Write(p []byte) (int, error) {
	if _, err := l.w.Write(bytes.ReplaceAll(p, []byte("\r"), nil)); err != nil {
		return 0, err
	}
	return len(p), nil
}
