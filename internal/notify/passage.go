package notify

import (
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// passage is what is noted of a message on its way, each at once: a process that is
// killed in between leaves a doubt whether the receiver has it.
type passage struct {
	// begin is called last before the receiver may have the message, again where it is
	// sent again. On an error it must not be sent: the error of the sender is that one.
	begin func() error
	// end is called as soon as the receiver has confirmed it, whatever comes then.
	end func()
}

// unnoted is the passage of a message that nothing is noted of.
var unnoted = passage{begin: func() error { return nil }, end: func() {}}

// noting is the kind smtp whose checks say when a message is handed over.
func noting(p passage) probe.Kind {
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
