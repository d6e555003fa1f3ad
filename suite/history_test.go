package suite

import (
	"encoding/json"
	"io"
	"testing"

	"mailprobe/history"
)

func readMessage(in io.Reader) (m Message, err error) {
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
