package suite

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

func readMessage(in io.Reader) (m notify.Message, err error) {
	err = json.NewDecoder(in).Decode(&m)
	return m, err
}

// incidents demands that there were so many, and that all are over.
func incidents(t *testing.T, store *history.Store, want int) {
	t.Helper()
	all, err := store.Incidents(t.Context(), history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != want {
		t.Errorf("%d incidents, want %d", len(all), want)
	}
	for _, i := range all {
		if i.Open() {
			t.Errorf("the incident of %s that was opened at %s is not closed", i.Name, i.Opened)
		}
	}
}

// TestChangedIncident: a failure that goes on for another reason, which a check that
// rests shows as well, is one incident with an event for the change.
func TestChangedIncident(t *testing.T) {
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	o := Options{Now: func() time.Time { return now }}
	o.Store = openHistory(t, o.Now)
	metrics := filepath.Join(t.TempDir(), "mailprobe.prom")
	f := failing(func(try int, _ *probe.Result) error {
		if try == 1 {
			return probe.Because(causeFull, errors.New("full"))
		}
		return probe.Because(&probe.Cause{Name: "denied", Blame: probe.BlameSender, Status: probe.Critical}, errors.New("denied"))
	})
	file := "defaults: {alert_after: 1, every: 10m}\nchecks: [{name: a, kind: fake, target: x}]\ntextfile: " + metrics
	for _, wait := range []time.Duration{0, 10 * time.Minute, time.Minute} { // the last time it rests
		now = now.Add(wait)
		run(t, f.parse(t, file), o)
	}
	all, err := o.Store.Incidents(t.Context(), history.Filter{})
	if err != nil || len(all) != 1 || len(all[0].Events) != 2 || all[0].Events[1].Kind != history.EventChanged || all[0].Summary != "look: denied" {
		t.Errorf("%+v, %v", all, err)
	}
	text, err := os.ReadFile(metrics)
	if want := `cause="denied",blame="sender"} 1`; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("the textfile has no %s: %v\n%s", want, err, text)
	}
}
