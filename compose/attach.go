package compose

import (
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"

	"mailprobe/probe"
)

// prepareAttachments opens the files to attach.
func (d *Draft) prepareAttachments(o *probe.Options) error {
	if d.File != "" {
		return nil
	}
	for _, spec := range d.Attach {
		name, kind, err := parseAttachment(spec, exists)
		if err != nil {
			return probe.OptionErrorf("%s: %w", probe.OptionName("attach"), err)
		}
		f, err := d.open(name, "attach", o)
		if err != nil {
			return err
		}
		part, err := attachment(filepath.Base(name), kind, f)
		if err != nil {
			return probe.OptionErrorf("%s: %s: %w", probe.OptionName("attach"), name, err)
		}
		d.attachments = append(d.attachments, part)
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// parseAttachment reads FILE or FILE:TYPE. Where there is a file of the whole name, that is
// meant, whatever its colons look like.
func parseAttachment(spec string, exists func(string) bool) (name, kind string, err error) {
	if strings.HasPrefix(spec, "@") && !exists(spec) {
		return "", "", fmt.Errorf("%s does not exist; the file is named without @ here", spec)
	}
	name = spec
	if i := strings.LastIndexByte(spec, ':'); i >= 0 && !exists(spec) {
		name, kind = spec[:i], strings.TrimSpace(spec[i+1:])
	}
	switch {
	case name == "":
		return "", "", fmt.Errorf("%q names no file; it must be FILE or FILE:TYPE", spec)
	case kind == "":
		return name, typeOf(name), nil
	}
	return name, kind, checkType(spec, kind)
}

// checkType checks a media type that was given.
func checkType(spec, kind string) error {
	media, params, err := mime.ParseMediaType(kind)
	switch {
	case err != nil || strings.Count(media, "/") != 1:
		return fmt.Errorf("%s does not exist, and %q is not a media type such as text/csv", spec, kind)
	case strings.HasPrefix(media, "multipart/"):
		return fmt.Errorf("%q is the type of a message of several parts; attach a message as message/rfc822", kind)
	}
	switch charset := strings.ToLower(params["charset"]); charset {
	case "", "utf-8", "us-ascii":
		return nil
	default:
		return fmt.Errorf("mailprobe cannot attach a text in the charset %s; leave it out of the type, or convert the file to UTF-8", charset)
	}
}

// typeOf returns the media type of a file by the ending of its name.
func typeOf(name string) string {
	kind := mime.TypeByExtension(filepath.Ext(name))
	if media, _, err := mime.ParseMediaType(kind); err != nil || strings.HasPrefix(media, "multipart/") || checkType(name, kind) != nil {
		return "application/octet-stream"
	}
	return kind
}

// attachment returns a file as a part. A message is not encoded again (RFC 2046 §5.2.1).
func attachment(name, kind string, f *file) (entity, error) {
	h := mail.AttachmentHeader{Header: message.Header{}}
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return entity{}, err
	}
	encoding := "base64"
	if strings.HasPrefix(media, "message/") {
		inside, err := measure(func(w io.Writer) error {
			_, err := io.Copy(w, f.reader())
			return err
		}, nil, nil)
		if err != nil {
			return entity{}, err
		}
		if encoding = "7bit"; inside.EightBit {
			encoding = "8bit"
		}
		if inside.Longest > LongestLine {
			return entity{}, fmt.Errorf("a line of %d bytes is too long for a message; attach it as application/octet-stream", inside.Longest)
		}
	}
	h.Set("Content-Transfer-Encoding", encoding)
	h.SetFilename(strings.ToValidUTF8(name, "\ufffd"))
	h.SetContentType(media, params)
	return entity{header: h.Header, content: f.reader}, nil
}
