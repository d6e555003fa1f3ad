package main

import (
	"mailprobe/delivery"
	"mailprobe/domain"
	"mailprobe/imapcheck"
	"mailprobe/internal/push"
	"mailprobe/pingcheck"
	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// kindList lists every kind of check by its name, with what makes it. A new one is a
// folder and a line here.
var kindList = []struct {
	name string
	make func() probe.Kind
}{
	{"smtp", smtpcheck.Kind},
	{"pop3", pop3check.Kind},
	{"imap", imapcheck.Kind},
	{"ping", pingcheck.Kind},
	{"trace", pingcheck.TraceKind},
	{"deliver", delivery.Kind},
	{"domain", domain.Kind},
}

// kinds returns every kind of check: those with a command of their own, and push, which
// only a file of checks can have.
func kinds() []probe.Kind {
	all := make([]probe.Kind, len(kindList))
	for i, k := range kindList {
		all[i] = k.make()
	}
	return append(all, push.Kind())
}
