package delivery_test

import (
	"path/filepath"
	"testing"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

func TestDeliver(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	for i := range 3 {
		l.put(i)
	}
	o := l.deliver().is(probe.OK, "delivered in", "over 2 hops", "body unchanged")
	o.fact("messages", "3").fact("body", "unchanged").fact("hops", "2").fact("hop_1_by", "mx1.example.org").fact("hop_2_by", "mx2.example.net").
		fact("polls").fact("submit").fact("queue_id").fact("delivered").fact("via_tls_version", "TLS 1.3").fact("fetch_auth_mechanism")
	l.holds(3)
	l.records(0)
	onlyOwner(t, filepath.Join(l.state, "deliver.key"))
	if o.Step("late") != nil {
		t.Error("there was nothing to be late")
	}
}
