package intake

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/fleet"
)

// mxOnly is a place with one job.
func mxOnly(id string) (string, bool) { return "smtp", id == "mx" }

func hideNothing(text string) string { return text }

const (
	goodPart   = `{"check":"smtp","target":"mx","start":"2026-11-29T12:00:00Z","elapsed":1.5,"status":"OK","steps":[{"name":"connect","status":"OK","elapsed":0.1,"facts":[{"name":"rtt","text":"1 ms","value":0.001,"unit":"s","status":"OK"}]}]}`
	batchStart = `{"id":"1","sent":"2026-11-29T12:00:00Z","offset":`
)

func goodBatch(offset, parts string) string {
	return batchStart + offset + `,"results":[{"job":"mx","attempts":1,"results":[` + parts + `]}]}`
}

// TestBatch: what is refused of a batch, and why.
func TestBatch(t *testing.T) {
	t.Parallel()
	part := func(old, new string) string { return goodBatch("0", strings.Replace(goodPart, old, new, 1)) }
	for name, c := range map[string]struct {
		text, want string // of what is refused
		taken      int
	}{
		"good":            {goodBatch("0", goodPart), "", 1},
		"two parts":       {goodBatch("0", goodPart+","+goodPart), "", 1},
		"no JSON":         {"x", "no batch", 0},
		"another shape":   {`[1,2]`, "no batch", 0},
		"a far clock":     {goodBatch("601", goodPart), "off by more than", 0},
		"a huge offset":   {goodBatch("1e300", goodPart), "off by more than", 0},
		"too many":        {batchStart + `0,"results":[` + strings.TrimSuffix(strings.Repeat(`{"job":"mx"},`, 1001), ",") + `]}`, "more than 1000", 0},
		"another's job":   {strings.Replace(goodBatch("0", goodPart), `"job":"mx"`, `"job":"other"`, 1), errJob.Error(), 0},
		"another kind":    {part(`"check":"smtp"`, `"check":"imap"`), errKind.Error(), 0},
		"no parts":        {goodBatch("0", ""), errResult.Error(), 0},
		"null":            {goodBatch("0", "null"), errResult.Error(), 0},
		"too many parts":  {goodBatch("0", strings.TrimSuffix(strings.Repeat(goodPart+",", 101), ",")), errTooLarge.Error(), 0},
		"too large":       {part(`"steps":[`, `"steps":[{"name":"x","status":"OK","elapsed":0,"detail":"`+strings.Repeat("x", maxResult)+`"},`), errTooLarge.Error(), 0},
		"too many steps":  {part(`"steps":[`, `"steps":[`+strings.Repeat(`{"name":"x","status":"OK","elapsed":0},`, 500)), errTooLarge.Error(), 0},
		"negative":        {part(`"elapsed":1.5`, `"elapsed":-1`), errValue.Error(), 0},
		"longer than any": {part(`"elapsed":1.5`, `"elapsed":1e30`), errValue.Error(), 0},
		"an old one":      {part(`2026-11-29T12`, `1970-11-29T12`), errValue.Error(), 0},
		"a cause":         {part(`"status":"OK"`, `"status":"CRITICAL","cause":"<b>no cause"`), errValue.Error(), 0},
		"a fact":          {part(`"name":"rtt"`, `"name":"r{t}"`), errValue.Error(), 0},
		"a status":        {part(`"status":"OK"`, `"status":"FINE"`), errResult.Error(), 0},
		"attempts":        {strings.Replace(goodBatch("0", goodPart), `"attempts":1`, `"attempts":-1`, 1), errValue.Error(), 0},
	} {
		all, refused, err := ReadBatch([]byte(c.text), mxOnly, hideNothing)
		got := fmt.Sprint(refused)
		if err != nil {
			got = err.Error()
		}
		if len(all) != c.taken || !strings.Contains(got, c.want) || (c.want == "") != (err == nil && len(refused) == 0) {
			t.Errorf("%s: %d taken, refused %s", name, len(all), got)
		}
	}
}

// TestBatchTidied: texts are masked, printable and of a bounded length, times those of the
// centre.
func TestBatchTidied(t *testing.T) {
	t.Parallel()
	text := goodBatch("90.5", strings.Replace(goodPart, `"name":"connect"`, `"name":"connect","detail":"a\u001b[31mhunter2`+strings.Repeat("x", 5000)+`"`, 1))
	mask := func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") }
	all, _, err := ReadBatch([]byte(text), mxOnly, mask)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	r := all[0].Results[0]
	if want := time.Date(2026, 11, 29, 12, 1, 30, 5e8, time.UTC); !r.Start.Equal(want) {
		t.Errorf("the start is %s, want %s", r.Start, want)
	}
	if d := r.Steps[0].Detail; strings.ContainsAny(d, "\x1b") || strings.Contains(d, "hunter2") || len(d) > maxText || !strings.HasPrefix(d, `a\x1b[31m***xx`) {
		t.Errorf("the detail is %.100q with %d bytes", d, len(d))
	}
}

func FuzzReadBatch(f *testing.F) {
	f.Add([]byte(goodBatch("0", goodPart)))
	f.Add([]byte(goodBatch("-599.9", goodPart+","+goodPart)))
	f.Add([]byte(goodBatch("1e300", "null")))
	text, _ := json.Marshal(fleet.Batch{})
	f.Add(text)
	f.Fuzz(func(t *testing.T, data []byte) {
		all, _, err := ReadBatch(data, mxOnly, hideNothing)
		if err != nil && len(all) > 0 {
			t.Error("a batch that was refused has results")
		}
		for _, d := range all {
			for _, r := range d.Results {
				if r.Check != "smtp" || r.Elapsed < 0 || len(r.Target) > maxText {
					t.Errorf("a result is %+v", r)
				}
				if _, err := r.MarshalJSON(); err != nil {
					t.Errorf("a result cannot be written: %v", err)
				}
			}
		}
	})
}
