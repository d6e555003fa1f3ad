package compose

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	gomail "github.com/emersion/go-message/mail"

	"mailprobe/probe"
)

// envelope is that of the messages of tests.
var envelope = Envelope{From: "bob@example.net", To: []string{"alice@example.org"}, Host: "probe.example.net"}

// make prepares a draft and makes a message of it.
func (d *Draft) make(t *testing.T, stdin string) (*Message, string) {
	t.Helper()
	if err := d.Prepare(&probe.Options{Stdin: strings.NewReader(stdin)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	m, err := d.Compose(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return m, m.text(t)
}

// text returns a message twice written.
func (m *Message) text(t *testing.T) string {
	t.Helper()
	var first, second bytes.Buffer
	n, err := m.WriteTo(&first)
	if err != nil || n != m.Size || int64(first.Len()) != m.Size {
		t.Fatalf("%d bytes of %d: %v", n, m.Size, err)
	}
	if _, err := m.WriteTo(&second); err != nil || second.String() != first.String() {
		t.Errorf("written again it is %q: %v", second.String(), err)
	}
	return first.String()
}

// file writes a file, and returns its name.
func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestComposed(t *testing.T) {
	d := Draft{Subject: "Grüße", Body: "Schöne Grüße\n.\n", Headers: []string{"X-Probe: 1", "x-PROBE: 2", "Reply-To: Jürgen <j@example.org>"}}
	m, text := d.make(t, "")
	for _, want := range []string{"From: <bob@example.net>\r\n", "To: <alice@example.org>\r\n", "X-Probe: 1\r\nx-PROBE: 2\r\n", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n",
		"Reply-To: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n", "Sch=C3=B6ne Gr=C3=BC=C3=9Fe\r\n", "\r\nDate: ", "Message-Id: <"} {
		if !strings.Contains("\r\n"+text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if m.EightBit || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
		t.Errorf("8-bit characters or bare line feeds in %q", text)
	}
}

// The domain of a composed message is the name of EHLO, an address literal included.
func TestComposeFromLiteral(t *testing.T) {
	var d Draft
	d.make(t, "")
	m, err := d.Compose(Envelope{Host: "[IPv6:2001:db8::1]"})
	if err != nil {
		t.Fatal(err)
	}
	if text := m.text(t); !strings.Contains(text, "From: <mailprobe@[IPv6:2001:db8::1]>\r\n") || !strings.Contains(text, "To: undisclosed-recipients:;\r\n") {
		t.Error(text)
	}
}

func TestBody(t *testing.T) {
	file := writeFile(t, "body", "from the file")
	for body, want := range map[string]string{
		"one line":     "one line\r\n",
		"Grüße":        "Gr=C3=BC=C3=9Fe\r\n",
		"a\n.\nb":      "a\r\n.\r\nb\r\n",
		"-":            "from standard input\r\n",
		"-\n":          "-\r\n",
		"@" + file:     "from the file\r\n",
		"@@home":       "@home\r\n",
		"@@":           "@\r\n",
		"a@@b":         "a@@b\r\n",
		"nul \x00 nul": "nul =00 nul\r\n",
	} {
		d := Draft{Body: body}
		if _, text := d.make(t, "from standard input"); !strings.HasSuffix(text, "\r\n\r\n"+want) {
			t.Errorf("%q: got %q, want it to end in %q", body, text, want)
		}
	}
}

func TestLiteral(t *testing.T) {
	for _, text := range []string{"-", "@/etc/hostname", "@@", "--", "a"} {
		d := Draft{Body: Literal(text)}
		if _, got := d.make(t, "other"); !strings.HasSuffix(got, "\r\n\r\n"+text+"\r\n") {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestParts reads a message with all there can be by the library's reader.
func TestParts(t *testing.T) {
	data := strings.Repeat("0123456789\x00\xff\r\n", 1000)
	odd := writeFile(t, "Grüße: \"a\"\n.txt", "text\n")
	inner := "Subject: inner\r\n\r\nGrüße\r\n"
	d := Draft{Body: "plain", HTML: "<p>rich</p>", Attach: []string{
		writeFile(t, "data.bin", data), odd, odd + ":text/csv; header=absent", writeFile(t, "m.eml", inner) + ":message/rfc822", writeFile(t, "empty", "")}}
	m, text := d.make(t, "")
	if !m.EightBit {
		t.Error("the message inside has 8-bit characters, and the whole has none")
	}
	r, err := gomail.CreateReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ kind, name, text string }{
		{"text/plain", "", "plain"}, {"text/html", "", "<p>rich</p>"}, {"application/octet-stream", "data.bin", data},
		{"text/plain", filepath.Base(odd), "text\n"}, {"text/csv", filepath.Base(odd), "text\n"}, {"message/rfc822", "m.eml", inner}, {"application/octet-stream", "empty", ""},
	}
	for _, w := range want {
		p, err := r.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		name, kind := "", ""
		switch h := p.Header.(type) {
		case *gomail.InlineHeader:
			kind, _, _ = h.ContentType()
		case *gomail.AttachmentHeader:
			kind, _, _ = h.ContentType()
			name, _ = h.Filename()
		}
		got, err := io.ReadAll(p.Body)
		if kind != w.kind || name != w.name || string(got) != w.text || err != nil {
			t.Errorf("%s %q with %.80q (%v), want %s %q with %.80q", kind, name, got, err, w.kind, w.name, w.text)
		}
	}
	if _, err := r.NextPart(); err != io.EOF {
		t.Errorf("after the last part: %v", err)
	}
	if !strings.Contains(text, "Content-Type: multipart/mixed") || !strings.Contains(text, "Content-Type: multipart/alternative") {
		t.Error(text)
	}
}

// TestWhole: the file of a whole message stays as it is, but for the fields that are given.
func TestWhole(t *testing.T) {
	const given = "From: bob\nSubject: old\n with more\nX-A: 1\nsubject : older\nX-B:  2  \n\nSubject: in the body\n\n.x \xfc"
	crlf := strings.NewReplacer("\n", "\r\n")
	for _, test := range []struct {
		draft Draft
		want  string
	}{
		{Draft{}, given + "\n"},
		{Draft{Subject: "new"}, "From: bob\nSubject: new\nX-A: 1\nX-B:  2  \n\nSubject: in the body\n\n.x \xfc\n"},
		{Draft{Headers: []string{"x-b: 3", "X-b:4", "X-C: 5"}}, "From: bob\nSubject: old\n with more\nX-A: 1\nsubject : older\nx-b: 3\nX-b: 4\nX-C: 5\n\nSubject: in the body\n\n.x \xfc\n"},
	} {
		test.draft.File = writeFile(t, "m.eml", given)
		m, text := test.draft.make(t, "")
		if text != crlf.Replace(test.want) || !m.EightBit || m.Longest != len("Subject: in the body") {
			t.Errorf("%q: got %q (%+v), want %q", test.draft.Headers, text, m, test.want)
		}
	}
	d := Draft{File: "-", Subject: "x"}
	if _, text := d.make(t, "\r\nbody"); text != "Subject: x\r\n\r\nbody\r\n" {
		t.Errorf("without a header: %q", text)
	}
	d = Draft{File: "-", Subject: "x"}
	if _, text := d.make(t, "A: b"); text != "A: b\r\nSubject: x\r\n" {
		t.Errorf("with a header alone: %q", text)
	}
	d = Draft{File: "-", Subject: "x"}
	if err := d.Prepare(&probe.Options{Stdin: strings.NewReader("hello\n\nthere")}); err == nil || !strings.Contains(err.Error(), "no header field") {
		t.Error(err)
	}
}

// A file that is not what it was is found out before the end is sent.
func TestChanged(t *testing.T) {
	for name, change := range map[string]func(string) error{
		"shorter": func(name string) error { return os.Truncate(name, 10) },
		"other":   func(name string) error { return os.WriteFile(name, bytes.Repeat([]byte("y"), 100_000), 0o600) },
	} {
		file := writeFile(t, "data", strings.Repeat("x", 100_000))
		for _, d := range []Draft{{Attach: []string{file}}, {File: file}} {
			if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 100_000), 0o600); err != nil {
				t.Fatal(err)
			}
			m, _ := d.make(t, "")
			if err := change(file); err != nil {
				t.Fatal(err)
			}
			if _, err := m.WriteTo(io.Discard); !errors.Is(err, ErrChanged) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// One that grows, or that another takes the place of, is sent as it was.
	file := writeFile(t, "log", "one line\n")
	d := Draft{Attach: []string{file}}
	m, before := d.make(t, "")
	if err := os.WriteFile(file, []byte("one line\ntwo lines\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if after := m.text(t); after != before {
		t.Errorf("it became %q", after)
	}
}

// An error of who reads the message is not taken for one of the message.
func TestWriteError(t *testing.T) {
	d := Draft{}
	m, _ := d.make(t, "")
	if _, err := m.WriteTo(iotest.TruncateWriter(failing{}, 0)); errors.Is(err, ErrChanged) {
		t.Error(err)
	}
	if _, err := m.WriteTo(failing{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestRefused: what cannot be sent is refused in a line before anything is.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	latin := writeFile(t, "latin", "Gr\xfc\xdfe")
	long := writeFile(t, "long.eml", strings.Repeat("x", 1000))
	for want, d := range map[string]Draft{
		`--subject has a line break or NUL in it`:                                                                       {Subject: "a\r\nBcc: b"},
		`--header "X: a\nBcc: b" is not "Name: value" on one line`:                                                      {Headers: []string{"X: a\nBcc: b"}},
		`--header "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN"... has a name of 74 characters`:                            {Headers: []string{strings.Repeat("N", 74) + ": ü"}},
		`--header "nonsense" is not "Name: value" on one line`:                                                          {Headers: []string{"nonsense"}},
		`--subject and a --header named Subject exclude each other`:                                                     {Subject: "a", Headers: []string{"subject: b"}},
		`--attach: ` + dir + ` is a folder`:                                                                             {Attach: []string{dir}},
		`--attach: /nowhere/a:b does not exist, and "b" is not a media type such as text/csv`:                           {Attach: []string{"/nowhere/a:b"}},
		`--attach: @a.csv does not exist; the file is named without @ here`:                                             {Attach: []string{"@a.csv"}},
		`--attach: /nowhere/a does not exist`:                                                                           {Attach: []string{"/nowhere/a"}},
		`--attach: ":text/csv" names no file; it must be FILE or FILE:TYPE`:                                             {Attach: []string{":text/csv"}},
		`--attach: "" names no file; it must be FILE or FILE:TYPE`:                                                      {Attach: []string{""}},
		`--attach: "multipart/mixed" is the type of a message of several parts; attach a message as message/rfc822`:     {Attach: []string{latin + ":multipart/mixed"}},
		`--attach: mailprobe cannot attach a text in the charset latin1; leave it out of the type, or convert the fil`:  {Attach: []string{latin + ":text/plain; charset=latin1"}},
		`--attach: ` + long + `: a line of 1000 bytes is too long for a message; attach it as application/octet-stream`: {Attach: []string{long + ":message/rfc822"}},
		`--body: /nowhere/a does not exist`:                                                                             {Body: "@/nowhere/a"},
		`--body: @ names no file; @FILE reads one, @@ begins a text with @`:                                             {Body: "@"},
		`--body: the text is not in UTF-8; attach it with --attach, or give the whole message with --message`:           {Body: "@" + latin},
		`--body and --html both read standard input, which can be read only once; give one of them in another way`:      {Body: "-", HTML: "-"},
		`--message: a NUL byte is not allowed in a message (RFC 5321 §4.5.2)`:                                           {File: writeFile(t, "nul", "a\x00")},
		`--message holds the whole message; --body, --html and --attach are for a message made here`:                    {File: latin, Attach: []string{latin}},
		`--header: the message cannot be made so: unhandled charset "latin1"`:                                           {Headers: []string{"Content-Type: text/plain; charset=latin1"}},
		`--header: the message cannot be made so: cannot create a part in a non-multipart message`:                      {HTML: "a", Body: "b", Headers: []string{"Content-Type: text/plain"}},
	} {
		err := d.Prepare(&probe.Options{Stdin: strings.NewReader("x")})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		_ = d.Close()
	}
	d := Draft{File: "-"}
	if err := d.Prepare(&probe.Options{}); err == nil || err.Error() != "--message -: there is no standard input to read" {
		t.Error(err)
	}
}

func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		"":               "",
		"a":              "a\r\n",
		"a\nb\r\nc\rd":   "a\r\nb\r\nc\r\nd\r\n",
		"\n\n":           "\r\n\r\n",
		"a\r\r\nb":       "a\r\n\r\nb\r\n",
		"a\r\n\r\n.\r\n": "a\r\n\r\n.\r\n",
		"\r":             "\r\n",
		"\r\r":           "\r\n\r\n",
		"a\r":            "a\r\n",
		"\n\r\n\r":       "\r\n\r\n\r\n",
	} {
		if got := canonicalOf(text, len(text)+1); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
		if got := canonicalOf(text, 1); got != want {
			t.Errorf("%q in single bytes: got %q, want %q", text, got, want)
		}
	}
}

// canonicalOf writes a text in pieces of n bytes.
func canonicalOf(text string, n int) string {
	var out bytes.Buffer
	_ = inCRLF(&out, nil, func(w io.Writer) error {
		for len(text) > 0 {
			piece := text[:min(n, len(text))]
			_, _ = io.WriteString(w, piece)
			text = text[len(piece):]
		}
		return nil
	})
	return out.String()
}

func FuzzCanonical(f *testing.F) {
	f.Add("a\r\r\nb\n", 2)
	f.Fuzz(func(t *testing.T, text string, n int) {
		got := canonicalOf(text, 1+max(0, n)%16)
		bare := strings.ReplaceAll(got, "\r\n", "")
		if strings.ContainsAny(bare, "\r\n") || got != "" && !strings.HasSuffix(got, "\r\n") || canonicalOf(got, 3) != got {
			t.Errorf("%q became %q", text, got)
		}
		flat := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
		if strings.TrimSuffix(strings.ReplaceAll(got, "\r\n", "\n"), "\n") != strings.TrimSuffix(flat, "\n") {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func FuzzParseAttachment(f *testing.F) {
	f.Add("a.pdf", "")
	f.Add("a:b.csv:text/csv; header=absent", "a:b.csv")
	f.Add(":", "")
	f.Fuzz(func(t *testing.T, spec, there string) {
		name, kind, err := parseAttachment(spec, func(s string) bool { return s == there })
		switch {
		case err != nil:
		case spec == there && name != spec:
			t.Errorf("%q exists, and %q would be opened", spec, name)
		case name == "" || !strings.HasPrefix(spec, name) || !strings.Contains(kind, "/"):
			t.Errorf("%q is %q of %q", spec, name, kind)
		default:
			if _, err := attachment(name, kind, &file{strings.NewReader("x"), 1}); err != nil {
				t.Errorf("%q: %v", spec, err)
			}
		}
	})
}

// FuzzReplaceFields: the body stays as it is, and the fields can be read back.
func FuzzReplaceFields(f *testing.F) {
	f.Add("From: a\r\nSubject: x\r\n y\r\n\r\nbody\r\n", "Subject", "new")
	f.Add("From a@b Mon\r\nsubject:x\r\n", "X-A", "")
	f.Add("A: b\r\n\r\n", strings.Repeat("N", longestEncodedName), "ü ü")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		if _, _, err := parseField(name + ": " + value); err != nil {
			return
		}
		text = canonicalOf(text, 100)
		var out bytes.Buffer
		fields := []field{newField(name, value)}
		if err := inCRLF(&out, fields, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			return
		}
		_, before, _ := strings.Cut("\r\n"+text, "\r\n\r\n")
		_, after, _ := strings.Cut("\r\n"+out.String(), "\r\n\r\n")
		if before != after {
			t.Errorf("the body %q became %q", before, after)
		}
		if m, err := mail.ReadMessage(strings.NewReader(out.String())); err == nil && isASCII(value) && len(m.Header[textproto.CanonicalMIMEHeaderKey(name)]) != 1 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == "" {
			t.Errorf("%q has %q", out.String(), m.Header[textproto.CanonicalMIMEHeaderKey(name)])
		}
	})
}

// TestQuotedLocalPart: an address with a quoted local part is the same in the header as in the
// envelope, and one with a domain literal or letters beyond ASCII as well.
func TestQuotedLocalPart(t *testing.T) {
	for _, address := range []string{`"a,b"@example.org`, `"a \"b"@example.org`, `a+b@example.org`, `alice@[192.0.2.1]`, `alice@[IPv6:2001:db8::1]`} {
		if got := addresses([]string{address})[0].String(); got != "<"+address+">" {
			t.Errorf("%s: %s", address, got)
		}
	}
}

// What is held in memory is read from any place, as a file is.
func TestPieces(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", pieceSize/8+1)
	for _, in := range []string{"", text[:pieceSize-1], text[:pieceSize], text[:pieceSize+1], text} {
		var p pieces
		if size, err := p.readFrom(strings.NewReader(in)); size != int64(len(in)) || err != nil {
			t.Fatal(size, err)
		}
		if err := iotest.TestReader(io.NewSectionReader(&p, 0, int64(len(in))), []byte(in)); err != nil {
			t.Errorf("of %d bytes: %v", len(in), err)
		}
	}
}

// A text without end is not read on once there is too much of it.
func TestEndless(t *testing.T) {
	if _, err := readFile(zeros{}, "attach"); err == nil || !strings.Contains(err.Error(), "more than 64 MiB") {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestText: a text is sent with CRLF at its line ends; one that SMTP cannot carry is an error.
func TestText(t *testing.T) {
	m, err := Text([]byte("A: b\n\nx"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := m.WriteTo(&out); out.String() != "A: b\r\n\r\nx\r\n" || n != m.Size || err != nil {
		t.Errorf("%q, %d of %d bytes, %v", out.String(), n, m.Size, err)
	}
	if _, err := Text([]byte("A: b\r\n\r\n\x00\r\n")); !errors.Is(err, errNUL) {
		t.Errorf("with a NUL: %v", err)
	}
}
