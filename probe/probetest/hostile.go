package probetest

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// fault is something a server does in place of its next line.
type fault struct {
	name        string
	cancelAfter time.Duration // when the context ends after that; 0 for never
	do          func(*stage)
}

// isFlood reports whether a server with this fault sends as long as somebody reads, which
// takes longer than all other faults together.
func (f fault) isFlood() bool { return strings.HasSuffix(f.name, "without end") }

// stage is where a server goes wrong.
type stage struct {
	conn    net.Conn
	heard   []string // what the client has said
	next    string   // what would be right to say
	secrets []string
}

// faults are all the ways to go wrong.
func faults() []fault {
	return []fault{
		{"silence", 0, (*stage).wait},
		{"silence, cancelled", time.Second, (*stage).wait},
		{"half a line", 0, (*stage).sayHalf},
		{"half a line, cancelled", time.Second, (*stage).sayHalf},
		{"hangs up", 0, func(*stage) {}},
		{"hangs up in a line", 0, func(s *stage) { s.say(s.half()) }},
		{"one byte a second", 0, (*stage).drip},
		{"line without end", 0, func(s *stage) { s.flood(s.half()) }},
		{"lines without end", 0, func(s *stage) { s.flood(s.next + "\r\n") }},
		{"lines to be continued without end", 0, func(s *stage) { s.flood(s.half() + "-more\r\n") }},
		{"noise", 0, (*stage).noise},
		{"other words", 0, func(s *stage) { s.say("999 what\r\n\r\n\n \x1b[2J\x00\xff|<b>\r\n"); s.wait() }},
		{"echo", 0, func(s *stage) { s.echo(s.half()) }},
		{"echo in a refusal", 0, func(s *stage) { s.echo(s.refusal()) }},
	}
}

// say sends text and reports whether somebody is there to read it.
func (s *stage) say(text string) bool {
	_, err := io.WriteString(s.conn, text)
	return err == nil
}

// wait says nothing more until the client hangs up.
func (s *stage) wait() { _, _ = io.Copy(io.Discard, s.conn) }

// half is the beginning of the next line: a code or a word.
func (s *stage) half() string {
	word, _, _ := strings.Cut(s.next, " ")
	if len(word) > 3 {
		word = word[:3]
	}
	return word
}

func (s *stage) sayHalf() {
	s.say(s.half())
	s.wait()
}

func (s *stage) drip() {
	for s.say("2") {
		time.Sleep(time.Second)
	}
}

// flood repeats text for as long as somebody reads it.
func (s *stage) flood(text string) {
	chunk := strings.Repeat(text+" ", 1+(16<<10)/(len(text)+1))
	if strings.HasSuffix(text, "\n") {
		chunk = strings.Repeat(text, 1+(16<<10)/len(text))
	}
	for s.say(chunk) {
		time.Sleep(time.Millisecond)
	}
}

func (s *stage) noise() {
	random := rand.New(rand.NewPCG(1, uint64(len(s.next))))
	for range 200 {
		s.say(randomBytes(random))
		time.Sleep(time.Millisecond)
	}
}

func randomBytes(random *rand.Rand) string {
	b := make([]byte, random.IntN(200))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return string(b)
}

func (s *stage) refusal() string {
	if h := s.half(); len(h) == 3 && h[0] >= '2' && h[0] <= '5' {
		return "535"
	}
	return "-ERR"
}

// echo repeats all that the client said and each secret in every form.
func (s *stage) echo(word string) {
	between := " "
	if len(word) == 3 && word[0] >= '2' && word[0] <= '5' {
		between = "-"
	}
	for _, text := range append(s.heard, s.secrets...) {
		for _, form := range forms(text) {
			s.say(word + between + form + "\r\n")
		}
	}
	s.say(word + " " + strings.Join(append(s.heard, s.secrets...), " ") + "\r\n")
	s.wait()
}

// forms are the ways to write a text that give it away.
func forms(text string) []string {
	return []string{
		text, strings.ToUpper(text), strings.ToLower(text), text[:len(text)*2/3], text + text, "<" + text + ">",
		base64.StdEncoding.EncodeToString([]byte(text)),
		base64.URLEncoding.EncodeToString([]byte(text)),
		fmt.Sprintf("%q", text),
	}
}

// chatter is a server that says what servers say, and worse, at random.
func chatter(seed uint64) fault {
	return fault{name: "chatter", do: func(s *stage) {
		random := rand.New(rand.NewPCG(seed, 7))
		for range 60 {
			for range random.IntN(3) {
				if !s.say(anyWord(random)) {
					return
				}
			}
			s.listen(time.Duration(random.IntN(300)) * time.Millisecond)
		}
	}}
}

// listen reads for a while or until the client has said something.
func (s *stage) listen(d time.Duration) {
	_ = s.conn.SetReadDeadline(time.Now().Add(d))
	_, _ = s.conn.Read(make([]byte, 4096))
}

// anyWord is a word of some protocol, whole or cut, or noise.
func anyWord(random *rand.Rand) string {
	words := vocabulary()
	n := random.IntN(len(words) + 2)
	switch {
	case n == len(words):
		return randomBytes(random)
	case n > len(words):
		w := words[random.IntN(len(words))]
		return w[:random.IntN(len(w))]
	}
	return words[n]
}

func vocabulary() []string {
	return []string{
		"220 ready\r\n", "220-more\r\n220 ready\r\n", "220 ready\r\n", "221 bye\r\n", "250 ok\r\n", "250\r\n", "250-\r\n",
		"250-mx\r\n250-STARTTLS\r\n250-PIPELINING\r\n250-SIZE 99999999999999999999999\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n",
		"250-mx\r\n250 AUTH=SCRAM-SHA-256 XOAUTH2\r\n", "250-a\r\n550 b\r\n", "354 go\r\n", "334 \r\n", "334 ????\r\n", "334 VXNlcm5hbWU6\r\n",
		"235 in\r\n", "421 bye\r\n", "450 later\r\n", "452 full\r\n", "550 5.7.1 no\r\n", "554 5.99999999999999999999.1 no\r\n", "999 what\r\n", "-1 what\r\n",
		"+OK\r\n", "+OK 2 320\r\n", "+OK 99999999999999999999 -1\r\n", "+OK <1.2@host.example.org>\r\n", "-ERR no\r\n", "-ERR [IN-USE] no\r\n", "-ERR [\r\n",
		"+ \r\n", "+ ????\r\n", ".\r\n", "..\r\n", "1 120\r\n", "1 whqtswO00WBw418f9t5JxYwZ\r\n", "1 99999999999999999999\r\n", "USER\r\n", "STLS\r\n", "SASL PLAIN\r\n",
		"yes\r\n", "no\r\n", "\r\n", "\n", "\r", "\x00\xff\x1b[2J\r\n", "* OK\r\n",
	}
}
