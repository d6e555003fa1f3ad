package notify

import (
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// What a check found several of is reported one by one, and is none of its steps that were
// fine.
func TestEventItems(t *testing.T) {
	hop := probe.Step{Name: "hop-2", Item: "hop", Status: probe.OK, Detail: "core\x1b[31m1 (192.0.2.2)", Elapsed: 12300 * time.Microsecond,
		Facts: []probe.Fact{probe.Number("sent", 6, probe.None), probe.Number("loss", 50, probe.Percent)}}
	if got, want := itemLine(hop), "hop-2: core\x1b[31m1 (192.0.2.2), 50% loss, 12.3 ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	e := Event{Kind: Failure, Check: "path", Sort: "ping", Status: probe.Critical, Items: []string{itemLine(hop)}}.cleaned()
	text := e.Text()
	if !strings.Contains(text, "\n    one by one:\n        hop-2: core") || strings.Contains(text, "\x1b") || !strings.Contains(text, "50% loss, 12.3 ms\n") {
		t.Errorf("told is %q", text)
	}
	e.Kind = Recovery
	if strings.Contains(e.Text(), "hop-2") {
		t.Errorf("a recovery tells of hops: %q", e.Text())
	}
}
