package main

import (
	"mailprobe/delivery"
	"mailprobe/imapcheck"
	"mailprobe/pingcheck"
	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// kinds are all sorts of check there are. A new one is a folder and a word here.
func kinds() []probe.Kind {
	return []probe.Kind{smtpcheck.Kind(), pop3check.Kind(), imapcheck.Kind(), pingcheck.Kind(), pingcheck.TraceKind(), delivery.Kind()}
}
