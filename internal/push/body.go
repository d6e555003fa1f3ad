package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"mailprobe/internal/cut"
)

// The bounds of a body. Of a long one the end is kept, where the errors of a job are.
const (
	maxRead  = 1 << 20  // bytes that are read
	maxKept  = 32 << 10 // bytes that are kept
	maxLines = 200      // lines that are kept
	maxLine  = 1000     // bytes of a line, and of the message
)

// readBody adds the parameters in the body, or returns its lines where it is a text. curl
// sends any text with the type of a form, so it is one only where it looks like one.
func (p *parser) readBody(in Request) ([]string, error) {
	if in.Body == nil {
		return nil, nil
	}
	body, whole, err := readEnd(in.Body)
	if err != nil {
		return nil, errors.New("the report ends in the middle")
	}
	kind, _, _ := mime.ParseMediaType(in.ContentType)
	text := strings.TrimSpace(string(body))
	switch {
	case text == "":
		return nil, nil
	case !whole:
		return lines(text), nil
	case kind == "application/json":
		values, err := readObject(body)
		if err != nil {
			return nil, err
		}
		return nil, p.add(values)
	case kind == "application/x-www-form-urlencoded" && form().MatchString(text):
		values, err := url.ParseQuery(text)
		if err != nil {
			return nil, errors.New("the form in the body is not percent-encoded")
		}
		return nil, p.add(values)
	}
	return lines(text), nil
}

// form matches a text of the form name=value&name=value.
var form = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z_]+=[^\s=&]*(&[A-Za-z_]+=[^\s=&]*)*$`)
})

// readEnd reads a body and returns its end; whole is false where there was more.
func readEnd(in io.Reader) (end []byte, whole bool, err error) {
	whole = true
	room := make([]byte, 2*maxKept)
	n, read := 0, 0
	for read < maxRead {
		if n == len(room) {
			n, whole = copy(room, room[len(room)-maxKept:]), false
		}
		var got int
		got, err = in.Read(room[n:])
		n, read = n+got, read+got
		if err != nil {
			break
		}
	}
	var tooLong *http.MaxBytesError
	switch {
	case read >= maxRead || errors.As(err, &tooLong):
		whole, err = false, nil
	case errors.Is(err, io.EOF):
		err = nil
	}
	if n > maxKept {
		return room[n-maxKept : n], false, err
	}
	return room[:n], whole, err
}

// readObject reads an object of JSON whose members are texts and numbers.
func readObject(body []byte) (url.Values, error) {
	var members map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil || decoder.More() {
		return nil, errors.New("the body is no object of JSON, as its type says")
	}
	values := url.Values{}
	for name, v := range members {
		switch v := v.(type) {
		case string:
			values.Set(name, v)
		case json.Number:
			values.Set(name, v.String())
		case nil:
		default:
			return nil, fmt.Errorf("%s in the body is neither a text nor a number", cut.Quoted(name, 40))
		}
	}
	return values, nil
}

// lines returns the last lines of a text, each bounded.
func lines(text string) []string {
	all := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	all = all[max(0, len(all)-maxLines):]
	for i := range all {
		all[i] = cut.Bytes(all[i], maxLine)
	}
	return all
}
