package compose

import (
	"cmp"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"mailprobe/probe"
)

// Draft is what a message is made of. It is used for many messages at once, once it is
// prepared.
type Draft struct {
	// File is where a whole message is read from, "-" for standard input; empty
	// composes one of the other fields.
	File string
	// Subject and Headers, each "Name: value", are fields of the header. Those of a whole
	// message are replaced by them.
	Subject string
	Headers []string
	// Body and HTML are the text: TEXT, @FILE, or - for standard input.
	Body, HTML string
	// Attach are files to attach, FILE or FILE:TYPE with a media type.
	Attach []string
	// Sign are the signatures to add, DOMAIN:SELECTOR:KEYFILE.
	Sign []string

	texts       []entity // the body in its forms, the plainest first
	attachments []entity
	fields      []field
	signers     []signer
	whole       *Message // that of File
	files       []io.Closer
}

// defaultBody is the text of a message that was given none.
const defaultBody = "This message tests the way of the mail. Nobody needs to answer it.\n"

// Declare returns the options.
func (d *Draft) Declare() []probe.Option {
	return []probe.Option{
		{Name: "message", Type: probe.TypeFile, Value: &d.File, Usage: "send the message in this `file`, - for standard input"},
		{Name: "subject", Value: &d.Subject, Usage: "the `subject` of the message"},
		{Name: "header", List: true, Value: &d.Headers, Usage: "a header `field`, \"Name: value\", in the place of those of its name (repeatable)"},
		{Name: "body", Type: probe.TypeContent, Value: &d.Body, Usage: "the text of the message, that of a file, or - for standard input; @@ begins a text with @"},
		{Name: "html", Type: probe.TypeContent, Value: &d.HTML, Usage: "the text in HTML, beside that of --body if there is one"},
		{Name: "attach", Type: probe.TypeFile, List: true, Value: &d.Attach, Word: "FILE[:TYPE]", Usage: "attach a file, with a media type such as text/csv instead of that of its ending (repeatable)"},
		{Name: "dkim-sign", Type: probe.TypeSigner, List: true, Value: &d.Sign, Usage: "sign for a domain with the private key in a PEM file (repeatable)"},
	}
}

// HasContent reports whether the draft says what the message contains, and not only what
// its header does.
func (d *Draft) HasContent() bool {
	return d.File != "" || d.Body != "" || d.HTML != "" || len(d.Attach) > 0
}

// Given returns the first option that was given, empty for none.
func (d *Draft) Given() probe.OptionName {
	for _, o := range d.Declare() {
		switch v := o.Value.(type) {
		case *string:
			if *v != "" {
				return probe.OptionName(o.Name)
			}
		case *[]string:
			if len(*v) > 0 {
				return probe.OptionName(o.Name)
			}
		}
	}
	return ""
}

// Prepare reads and checks what the draft names. Its error is a probe.OptionError. Close
// frees what it opens.
func (d *Draft) Prepare(o *probe.Options) error {
	d.texts, d.attachments, d.signers = nil, nil, nil
	for _, prepare := range []func(*probe.Options) error{d.prepareFields, d.prepareSigners, d.prepareTexts, d.prepareAttachments, d.prepareWhole} {
		if err := prepare(o); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the files of the draft.
func (d *Draft) Close() error {
	var all error
	for _, f := range d.files {
		all = errors.Join(all, f.Close())
	}
	d.files = nil
	return all
}

// prepareTexts reads the body and its form in HTML.
func (d *Draft) prepareTexts(o *probe.Options) error {
	if d.File != "" {
		return nil
	}
	for _, form := range []struct {
		option probe.OptionName
		given  string
		kind   string
	}{{"body", d.Body, "text/plain"}, {"html", d.HTML, "text/html"}} {
		if form.given == "" {
			continue
		}
		text, err := readContent(form.given, form.option, o)
		if err != nil {
			return err
		}
		if !utf8.ValidString(text) {
			return probe.OptionErrorf("%s: the text is not in UTF-8; attach it with %s, or give the whole message with %s",
				form.option, probe.OptionName("attach"), probe.OptionName("message"))
		}
		d.texts = append(d.texts, textEntity(form.kind, text))
	}
	if len(d.texts) == 0 {
		d.texts = []entity{textEntity("text/plain", defaultBody)}
	}
	return nil
}

// prepareWhole reads the message of File.
func (d *Draft) prepareWhole(o *probe.Options) error {
	if d.File == "" {
		return d.fits()
	}
	if cmp.Or(d.Body, d.HTML) != "" || len(d.Attach) > 0 {
		return probe.OptionErrorf("%s holds the whole message; %s, %s and %s are for a message made here", probe.OptionName("message"),
			probe.OptionName("body"), probe.OptionName("html"), probe.OptionName("attach"))
	}
	f, err := d.open(d.File, "message", o)
	if err != nil {
		return err
	}
	d.whole, err = measure(func(w io.Writer) error {
		_, err := io.Copy(w, f.reader())
		return err
	}, d.fields, d.signers)
	if err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("message"), err)
	}
	return nil
}

// fits checks that the message can be composed with the fields that were given.
func (d *Draft) fits() error {
	e := d.entity(Envelope{Host: "localhost"})
	for i := range e.parts {
		e.parts[i].content = nothing
	}
	if e.content != nil {
		e.content = nothing
	}
	if err := e.writeAll(io.Discard); err != nil {
		return probe.OptionErrorf("%s: the message cannot be made so: %w", probe.OptionName("header"), err)
	}
	return nil
}

func nothing() io.Reader { return strings.NewReader("") }

// isASCII reports whether a text has no 8-bit characters.
func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
