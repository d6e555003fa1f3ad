package smtpcheck

import (
	"strings"
	"testing"
)

// What is read of a time limit is written as it would be read again, and is one that a
// server can take.
func FuzzDeliverBy(f *testing.F) {
	for _, seed := range []string{"120", "120;R", "2m;n", "-10;N", "0;R", "0;N", "999999999;N", "1000000000;N", ";", "-;N", "1h30m;r", "1.5;N", "120;RT", "--1;N"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d, again DeliverBy
		if d.Set(text) != nil {
			return
		}
		written := d.String()
		if err := again.Set(written); err != nil || again != d {
			t.Errorf("%q is %q, which is read as %+v, %v", text, written, again, err)
		}
		if digits := strings.TrimPrefix(written, "-"); len(digits) > len("999999999;R") || d.Mode == "R" && d.Seconds <= 0 {
			t.Errorf("%q is %q, which no server may take", text, written)
		}
	})
}

// xtext is printable ASCII without what separates parameters, and can be decoded.
func FuzzXtext(f *testing.F) {
	for _, seed := range []string{"", "a+b=c", "J\u00fcrgen", "\r\nRSET", "QQ314159"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		encoded := xtext(text)
		if strings.ContainsFunc(encoded, func(r rune) bool { return r <= ' ' || r > '~' || r == '=' }) {
			t.Errorf("%q is encoded as %q", text, encoded)
		}
		var decoded []byte
		for i := 0; i < len(encoded); i++ {
			if encoded[i] != '+' {
				decoded = append(decoded, encoded[i])
				continue
			}
			high, low := strings.IndexByte(hexDigits, encoded[i+1]), strings.IndexByte(hexDigits, encoded[i+2])
			decoded = append(decoded, byte(high<<4|low))
			i += 2
		}
		if string(decoded) != text {
			t.Errorf("%q is encoded as %q, which is %q", text, encoded, decoded)
		}
	})
}

const hexDigits = "0123456789ABCDEF"
