package smtpcheck

import (
	"testing"

	"mailprobe/probe"
)

func TestCausesOfWalk(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range walkCauses() {
		if seen[c.Name] || c.Name == "" || c.Meaning == "" || c.Hint == "" || c.Source == "" || c.Status == probe.OK {
			t.Errorf("the cause %+v lacks a part or stands twice", *c)
		}
		seen[c.Name] = true
	}
}

// walkCauses are those that the walk finds, and no reply alone.
func walkCauses() []*probe.Cause {
	return []*probe.Cause{
		CauseEhloUnknown, CauseExtension, CauseXclient, CauseXforward, CauseRequireTLS, CauseVrfy, CauseQuit, CauseNotRecorded, CauseMessageChanged,
		CauseOpenRelay, CauseRelayUnanswered, CauseBadMX, CauseAliasMX,
	}
}
