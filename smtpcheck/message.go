package smtpcheck

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"io"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"

	"mailprobe/probe"
)

// maxMessage bounds a message that is read from a file, in bytes.
const maxMessage = 64 << 20

// Draft is what a message is made of.
type Draft struct {
	// File is where a whole message is read from, "-" for standard input; empty
	// composes one of the other fields.
	File string
	// Subject and Body are those of a composed message.
	Subject, Body string
	// Headers are further fields, each "Name: value".
	Headers []string
}

// prepare checks the draft and reads its file.
func (d *Draft) prepare(stdin io.Reader) (whole []byte, err error) {
	if d.File == "" {
		return nil, d.checkFields()
	}
	if d.Subject != "" || d.Body != "" || len(d.Headers) > 0 {
		return nil, probe.OptionErrorf("%s holds the whole message; %s, %s and %s are for a message made here", probe.OptionName("message"), probe.OptionName("subject"), probe.OptionName("header"), probe.OptionName("body"))
	}
	in := stdin
	if d.File == "-" && stdin == nil {
		return nil, probe.OptionErrorf("%s -: there is no standard input to read", probe.OptionName("message"))
	}
	if d.File != "-" {
		f, err := os.Open(d.File)
		if err != nil {
			return nil, probe.OptionErrorf("%s: %w", probe.OptionName("message"), err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxMessage+1))
	switch {
	case err != nil:
		return nil, probe.OptionErrorf("%s: %w", probe.OptionName("message"), err)
	case len(text) > maxMessage:
		return nil, probe.OptionErrorf("%s: more than %d bytes", probe.OptionName("message"), maxMessage)
	case bytes.IndexByte(text, 0) >= 0:
		return nil, probe.OptionErrorf("%s: a NUL byte is not allowed in a message (RFC 5321 §4.5.2)", probe.OptionName("message"))
	}
	return canonical(text), nil
}

// checkFields rejects what would break out of a header field.
func (d *Draft) checkFields() error {
	if strings.ContainsAny(d.Subject, "\r\n\x00") {
		return probe.OptionErrorf("%s has a line break or NUL in it", probe.OptionName("subject"))
	}
	for _, h := range d.Headers {
		name, _, ok := strings.Cut(h, ":")
		bad := strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f })
		if !ok || name == "" || bad || strings.ContainsAny(h, "\r\n\x00") {
			return probe.OptionErrorf("%s %q is not \"Name: value\" on one line", probe.OptionName("header"), h)
		}
	}
	return nil
}

// compose makes a message from the draft.
func (d *Draft) compose(from string, to []string, host string) ([]byte, error) {
	var h mail.Header
	h.SetDate(time.Now())
	h.SetAddressList("From", []*mail.Address{{Address: cmp.Or(from, "mailprobe@"+host)}})
	var list []*mail.Address
	for _, t := range to {
		list = append(list, &mail.Address{Address: t})
	}
	h.SetAddressList("To", list)
	h.SetSubject(cmp.Or(d.Subject, "mailprobe test message"))
	h.SetMessageID(rand.Text() + "@" + host)
	h.Set("Auto-Submitted", "auto-generated")
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	if !isASCII(d.Body) {
		h.Set("Content-Transfer-Encoding", "quoted-printable")
	}
	for _, field := range d.Headers {
		name, value, _ := strings.Cut(field, ":")
		h.Set(name, strings.TrimSpace(value))
	}
	var text bytes.Buffer
	w, err := mail.CreateSingleInlineWriter(&text, h)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(w, cmp.Or(d.Body, "This message tests the way of the mail. Nobody needs to answer it.\n"))
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return canonical(text.Bytes()), nil
}

// canonical ends every line in CRLF (RFC 5321 §2.3.8): a bare LF or CR becomes one.
func canonical(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}

// writeDotted sends a message with dots at line starts doubled and ends it with
// the lone dot (RFC 5321 §4.5.2).
func writeDotted(w io.Writer, text io.Reader) error {
	dotted := textproto.NewWriter(bufio.NewWriterSize(w, 16<<10)).DotWriter()
	_, err := io.Copy(dotted, text)
	return errors.Join(err, dotted.Close())
}

func is8bit(text []byte) bool {
	return bytes.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}
