package compose

import (
	"cmp"
	"crypto/rand"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

// Envelope is for whom a message is made.
type Envelope struct {
	// From is the sender's address, empty for one at Host.
	From string
	// To and Cc are the addresses that the header names.
	To, Cc []string
	// Host is the name of this host.
	Host string
	// Fields are header fields, each "Name: value", of this message alone, in the place of
	// those of their names.
	Fields []string
}

// Compose makes a message of a draft that is prepared. Each has a date and a Message-ID of
// its own, unless it is read from a file.
func (d *Draft) Compose(e Envelope) (*Message, error) {
	if d.whole != nil {
		return d.whole, nil
	}
	whole := d.entity(e)
	return measure(whole.writeAll, nil, d.signers)
}

// entity is a message or a part of one (RFC 2045 §2.4): with contents, or with parts.
type entity struct {
	header  message.Header
	content func() io.Reader
	parts   []entity
}

// writeAll writes a message.
func (e *entity) writeAll(out io.Writer) error {
	w, err := message.CreateWriter(out, e.header)
	if err != nil {
		return err
	}
	return e.fill(w)
}

// fill writes the contents or the parts of an entity, and its end.
func (e *entity) fill(w *message.Writer) error {
	if e.content != nil {
		if _, err := io.Copy(w, e.content()); err != nil {
			return err
		}
	}
	for _, part := range e.parts {
		each, err := w.CreatePart(part.header)
		if err != nil {
			return err
		}
		if err := part.fill(each); err != nil {
			return err
		}
	}
	return w.Close()
}

// textEntity returns a text as a part.
func textEntity(kind, text string) entity {
	var h message.Header
	h.SetContentType(kind, map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	if isPlain(text) {
		h.Set("Content-Transfer-Encoding", "7bit")
	}
	return entity{header: h, content: func() io.Reader { return strings.NewReader(text) }}
}

// isPlain reports whether a text can be sent as it is (RFC 2045 §2.7).
func isPlain(text string) bool {
	odd := func(r rune) bool { return r >= 0x7f || r < ' ' && r != '\t' && r != '\n' && r != '\r' }
	tooLong := func(line string) bool { return len(line) > LongestLine }
	return !strings.ContainsFunc(text, odd) && !slices.ContainsFunc(strings.Split(text, "\n"), tooLong)
}

// multipart joins entities to one of a type; one alone stays as it is.
func multipart(kind string, parts []entity) entity {
	if len(parts) == 1 {
		return parts[0]
	}
	var h message.Header
	h.SetContentType(kind, map[string]string{"boundary": rand.Text()})
	return entity{header: h, parts: parts}
}

// entity makes the message.
func (d *Draft) entity(e Envelope) entity {
	text := multipart("multipart/alternative", d.texts)
	whole := multipart("multipart/mixed", append([]entity{text}, d.attachments...))
	h := mail.Header{Header: whole.header.Copy()}
	h.Set("Auto-Submitted", "auto-generated")
	h.SetMessageID(rand.Text() + "@" + e.Host)
	h.SetSubject("mailprobe test message")
	if len(e.Cc) > 0 {
		h.SetAddressList("Cc", addresses(e.Cc))
	}
	if h.SetAddressList("To", addresses(e.To)); len(e.To) == 0 && len(e.Cc) == 0 {
		h.Set("To", "undisclosed-recipients:;")
	}
	h.SetAddressList("From", addresses([]string{cmp.Or(e.From, "mailprobe@"+e.Host)}))
	h.SetDate(time.Now())
	whole.header = h.Header
	setFields(&whole.header, d.fields)
	setFields(&whole.header, fieldsOf(e.Fields))
	return whole
}

// fieldsOf reads fields that are known to be right.
func fieldsOf(texts []string) (fields []field) {
	for _, text := range texts {
		name, value, _ := strings.Cut(text, ":")
		fields = append(fields, newField(name, strings.TrimSpace(value)))
	}
	return fields
}

// setFields replaces fields of a header by those that are given.
func setFields(h *message.Header, fields []field) {
	for _, f := range fields {
		h.Del(f.name)
	}
	for _, f := range slices.Backward(fields) { // what is added last comes first
		h.AddRaw(f.raw)
	}
}

// addresses returns addresses for a header. A quoted local part is read first, since it is
// quoted again where it has to be.
func addresses(list []string) (all []*mail.Address) {
	for _, each := range list {
		a, err := mail.ParseAddress("<" + each + ">")
		if err != nil {
			a = &mail.Address{Address: each}
		}
		all = append(all, &mail.Address{Address: a.Address})
	}
	return all
}
