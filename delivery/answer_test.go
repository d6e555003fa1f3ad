package delivery

import (
	"strings"
	"testing"
	"time"
)

// FuzzAnswer: only a message that names ours in In-Reply-To, or has its proof, is certainly
// an answer, whatever else it says.
func FuzzAnswer(f *testing.F) {
	key, other := make([]byte, keyBytes), []byte(strings.Repeat("k", keyBytes))
	c := &Check{From: "bob@example.org", key: key}
	r := run{strings.Repeat("A", tokenBytes), time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	id := r.messageID(c.From)
	f.Add("In-Reply-To: " + id + "\r\n\r\n")
	f.Add("References: <a@b> " + id + "\r\nSubject: Re: x\r\n\r\n")
	f.Add("Subject: Re: mailprobe delivery " + r.Token + "\r\n\r\n")
	f.Add("Content-Transfer-Encoding: quoted-printable\r\n\r\n> " + strings.ReplaceAll(r.quotable(key), "=", "=3D") + "\r\n")
	f.Add("\r\n> " + r.quotable(key)[:70] + "\r\n> " + r.quotable(key)[70:])
	f.Add("\r\n" + r.quotable(other))
	f.Add("Content-Transfer-Encoding: base64\r\n\r\n!")
	f.Fuzz(func(t *testing.T, text string) {
		proven := strings.Contains(unquoted.Replace(text), r.mac(key)) || strings.Contains(text, "base64")
		if a := c.answerIn(parseHeader([]byte(text))); a.certain && !strings.Contains(text, "mailprobe."+a.token) && !proven {
			t.Errorf("%q certainly answers %s", text, a.token)
		}
		if a := c.answerWithin([]byte(text), r.Token); a.certain && !proven {
			t.Errorf("%q has the proof", text)
		}
	})
}

// The proof of a run is found in what quotes it, however that breaks its line.
func TestAnswerWithin(t *testing.T) {
	c := &Check{key: make([]byte, keyBytes)}
	r := newRun(time.Now())
	proof := r.quotable(c.key)
	for text, certain := range map[string]bool{
		proof: true,
		"> On Monday you wrote:\r\n> > " + proof[:60] + "\r\n> > " + proof[60:]: true,
		strings.ReplaceAll(proof[:70]+"=\r\n"+proof[70:], "=", "="):             true,
		"run=" + r.Token: false,
		strings.Replace(proof, "hmac=", "hmac=0", 1): false,
	} {
		if a := c.answerWithin([]byte("Subject: x\r\n\r\n"+text), r.Token); a.token != r.Token || a.certain != certain {
			t.Errorf("%q: %+v", text, a)
		}
	}
}
