package transport

import (
	"errors"

	"mailprobe/sasl"
	"mailprobe/wire"
)

// ErrMidCommand is the error of a goodbye while the server may wait for more of a command,
// such as the answer to a challenge: it would take the goodbye for that.
var ErrMidCommand = errors.New("the server may wait for more of the last command, and would take the goodbye for it")

// Exchange logs in by a SASL mechanism. begin sends the command with the mechanism's name,
// and with the initial response where there is one and the server takes it; it reports
// whether the response was sent. next reads the server's next challenge, or else its
// verdict, with an error that says why not. An exchange that this side cannot go on with
// is cancelled by "*", which RFC 4954 §4, RFC 5034 §4 and RFC 3501 §6.2.2 share.
func Exchange(conn *wire.Conn, client sasl.Client, begin func(mechanism string, initial wire.Secret) (sent bool, err error), next func() (challenge string, more bool, err error)) error {
	e, err := sasl.Begin(client)
	if err != nil {
		return err
	}
	e.Note, e.Hide = conn.NoteOdd, conn.Transcript.Hide
	sent, err := begin(e.Mechanism, e.Initial())
	if err != nil {
		return err
	}
	if sent {
		e.Sent()
	}
	for {
		challenge, more, err := next()
		switch {
		case err != nil:
			var r anyRefusal
			if errors.As(err, &r) {
				r.setReason(e.Reason())
			}
			return err
		case !more:
			return e.Verify()
		}
		answer, fault := e.Answer(challenge)
		if fault != nil {
			if conn.Cmd("*") == nil {
				_, _, _ = next() // the server refuses, as it must
			}
			return fault
		}
		if err := conn.Cmd("%s", answer); err != nil {
			return err
		}
	}
}
