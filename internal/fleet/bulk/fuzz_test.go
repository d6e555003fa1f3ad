package bulk

import (
	"encoding/json"
	"testing"

	"mailprobe/probe"
)

// FuzzJob: what is read as a job is within its bounds, and is read again as it was.
func FuzzJob(f *testing.F) {
	f.Add([]byte(`{"run":"r","kind":"smtp","rate":0.5,"targets":[{"i":0,"t":"mx.example.org","k":"x"}]}`))
	f.Add([]byte(`{"run":"r","kind":"smtp","options":[{"name":"tls","text":"off"}],"targets":[{"i":7,"t":"a","name":"n","tag":"t","k":""}]}`))
	f.Add([]byte(`{"run":"a b","kind":"","targets":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		job, err := ParseJob(data)
		if err != nil {
			return
		}
		text, err := json.Marshal(job)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseJob(text)
		if err != nil || len(again.Targets) != len(job.Targets) || again.Run != job.Run {
			t.Errorf("%s is read again as %+v, %v", text, again, err)
		}
		for _, target := range job.Targets {
			if target.Index < 0 || target.Index >= MaxTargets || target.Text == "" {
				t.Errorf("target %+v", target)
			}
		}
	})
}

// FuzzResults: whatever a worker sends, an outcome that is given out is of the run, once, and
// everything else is counted.
func FuzzResults(f *testing.F) {
	run := func() *Run { return &Run{Job: Job{Run: "r", Kind: "null"}, Secret: []byte("s")} }
	good, err := appendOutcome([]byte("r\n"), checked{Target{Index: 1, Ticket: run().ticket(1, "a")}, []*probe.Result{{Check: "null", Target: "a", Status: probe.OK}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, true)
	f.Add([]byte("r\n1 AAAAAAAAAAAAAAAA 1\nnull\n"), true)
	f.Add([]byte("other\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, packed bool) {
		if packed {
			data = pack(data)
		}
		r, given := run(), 0
		r.submitted, r.Resume = 3, len(data)%2 == 0
		r.Emit = func(o Outcome) error {
			if given++; len(o.Answers) == 0 || o.Answers[0].Check != "null" || o.Place != "w" {
				t.Errorf("given out: %+v", o)
			}
			return nil
		}
		if err := r.receive("w", data); err != nil || given != r.done.count || given > 3 && !r.Resume {
			t.Errorf("%d were given out, %v", given, err)
		}
	})
}
