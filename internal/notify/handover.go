package notify

import (
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// handover records how far a message has come. A process that is killed between its two calls
// leaves it uncertain whether the receiver has the message.
type handover struct {
	// begin is called immediately before the receiver may get the message, at every
	// attempt. If it fails the message must not be sent, and the sender returns its error.
	begin func() error
	// end is called as soon as the receiver has confirmed the message.
	end func()
}

// unrecorded is the handover of a message that the history does not know.
var unrecorded = handover{begin: func() error { return nil }, end: func() {}}

// recording returns the kind smtp with checks that call a handover.
func recording(p handover) probe.Kind {
	kind := smtpcheck.Kind()
	plain := kind.New
	kind.New = func(o *probe.Options) (probe.Checker, []probe.Option) {
		checker, declared := plain(o)
		if check, ok := checker.(*smtpcheck.Check); ok {
			check.BeforeMessage, check.AfterMessage = p.begin, p.end
		}
		return checker, declared
	}
	return kind
}
