package intake

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/fleet"
)

func TestHello(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"version":"1","sent":"2026-11-29T12:00:00Z","seal_key":"X"}`:                 "",
		`{"version":"1","seal_key":"X"}`:                                               "value",
		`{"sent":"2026-11-29T12:00:00Z","offset":1e300}`:                               "value",
		`{"sent":"2026-11-29T12:00:00Z","spooled":-1}`:                                 "value",
		`{"sent":"2026-11-29T12:00:00Z","able":[` + strings.Repeat(`{},`, 20) + `{}]}`: "abilities",
		`[]`:                            "none",
		strings.Repeat(" ", MaxHello+1): "KiB",
	} {
		_, err := ReadHello([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
}

func FuzzReadHello(f *testing.F) {
	offset, able := 0.5, true
	text, _ := json.Marshal(fleet.Hello{Version: "1", Sent: time.Unix(1e9, 0), Offset: &offset, Able: []fleet.Ability{{Name: "port-25", Able: &able, Detail: "x"}}, Refused: map[string]string{"mx": "why"}})
	f.Add(text)
	f.Add([]byte(`{"sent":"2026-11-29T12:00:00Z","able":[{"detail":"\u001b"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHello(data)
		if err != nil {
			return
		}
		if len(h.Able) > maxAbilities || len(h.Version) > maxSentence || strings.ContainsAny(h.Version, "\x1b\n") {
			t.Errorf("a greeting is %+v", h)
		}
	})
}
