package mailtest

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// bounce returns a message to its sender as a delivery status notification
// (RFC 3464). What has no sender is a bounce itself and ends here (RFC 5321 §4.5.5).
func (h *Host) bounce(m *queued, f failure) {
	if m.from == "" {
		return
	}
	id := h.queue.newID()
	// The queue may be full: then the notification is lost, as it is on a full disk.
	h.accept(&queued{id: id, to: []string{m.from}, text: h.notification(m, f, id)})
}

// notification writes the report: what people read, what programs read, and the
// header of the message.
func (h *Host) notification(m *queued, f failure, id string) []byte {
	var b strings.Builder
	boundary := id + "/" + h.config.Name
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }

	line("Received: by %s id %s; %s", h.config.Name, id, time.Now().Format(time.RFC1123Z))
	line("From: Mail Delivery System <MAILER-DAEMON@%s>", h.config.Name)
	line("To: <%s>", m.from)
	line("Subject: Undelivered Mail Returned to Sender")
	line("Date: %s", time.Now().Format(time.RFC1123Z))
	line("Message-ID: <%s@%s>", id, h.config.Name)
	line("Auto-Submitted: auto-replied")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"", boundary)
	line("")
	line("--%s\r\nContent-Type: text/plain; charset=us-ascii\r\n", boundary)
	line("This is the mail system at host %s.\r\n", h.config.Name)
	line("Your message could not be delivered to\r\n")
	line("<%s>: %s\r\n", f.recipient, f.said())
	line("--%s\r\nContent-Type: message/delivery-status\r\n", boundary)
	h.writeStatus(line, m, f)
	line("--%s\r\nContent-Type: text/rfc822-headers\r\n", boundary)
	b.Write(headerOf(m.text))
	line("\r\n--%s--", boundary)
	return []byte(b.String())
}

// writeStatus writes the fields about the message and about the recipient
// (RFC 3464 §2.2, §2.3).
func (h *Host) writeStatus(line func(string, ...any), m *queued, f failure) {
	line("Reporting-MTA: dns; %s", h.config.Name)
	line("X-Queue-ID: %s\r\n", m.id)
	line("Final-Recipient: rfc822; %s", f.recipient)
	line("Action: failed")
	// The status of what failed for too long is that of the last try.
	line("Status: %s", f.status)
	if f.host != "" {
		line("Remote-MTA: dns; %s", f.host)
		line("Diagnostic-Code: smtp; %s", f.reply)
	} else {
		line("Diagnostic-Code: x-mailtest; %s", f.reply)
	}
	line("")
}

// said returns who refused, and the reply.
func (f failure) said() string {
	if f.host == "" {
		return f.reply
	}
	return "host " + f.host + " said: " + f.reply
}

func headerOf(text []byte) []byte {
	header, _, _ := bytes.Cut(text, []byte("\r\n\r\n"))
	return append(bytes.Clone(header), "\r\n"...)
}
