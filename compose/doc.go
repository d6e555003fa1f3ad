// Package compose makes mail messages (RFC 5322) with their MIME parts (RFC 2045 to 2049),
// and signs them (RFC 6376).
//
// A [Draft] says what a message is made of: a text, a text in HTML, attachments, header
// fields, or the file of a whole message. [Draft.Prepare] opens and checks what it names, so
// that errors are the user's and come before anything is sent. [Draft.Compose] fixes what
// differs from message to message, and returns a [Message]: its size, and whether it has
// 8-bit characters, which MAIL declares before the message is sent (RFC 1870, RFC 6152), and
// a way to write it as often as is needed. Large files stay where they are: they are read
// once to measure and sign, and once more each time the message is written.
package compose
