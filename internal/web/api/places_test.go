package api

import (
	"slices"
	"testing"
	"time"

	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// TestPlaces: of a check that places run the API has what each of them sees, and in what they
// differ; what a place sees can be asked for by its name.
func TestPlaces(t *testing.T) {
	w := newWorld(t)
	scheduler := w.Scheduler
	s, problems := suite.Parse("checks.yaml", []byte(`
places: {eu: [fra, ams, lon]}
checks: [{name: mx, kind: smtp, target: mx.example.org, from: [fra, nyc], down: any, every: 5m}, {name: far, kind: smtp, target: mx.example.org, from: 2 of eu}]`),
		[]probe.Kind{smtpcheck.Kind()})
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	scheduler.Replace(s)
	full := &probe.Cause{Name: "mailbox-full", Blame: probe.BlameAccount}
	for place, cause := range map[string]*probe.Cause{"fra": full, "nyc": nil} {
		r := &probe.Result{
			Check: "smtp", Target: "mx.example.org", Address: "192.0.2.1:25", Start: time.Now(), Elapsed: 20 * time.Millisecond,
			Status: probe.OK, Summary: "rcpt: accepted", Cause: cause, Steps: []probe.Step{{Name: "rcpt", Status: probe.OK, Detail: "accepted", Cause: cause}},
		}
		if cause != nil {
			r.Address, r.Status, r.Summary, r.Steps[0].Status = "192.0.2.2:25", probe.Critical, "rcpt: full\x1b[2J", probe.Critical
		}
		if err := scheduler.Deliver(t.Context(), place, []suite.Delivered{{ID: "mx", Attempts: 1, Results: []*probe.Result{r}}}); err != nil {
			t.Fatal(err)
		}
	}
	c := &checker{w, readDescription(t), compiler(t), map[string]bool{}}
	var got checkJSON
	for begin := time.Now(); got.Status != probe.Critical; time.Sleep(20 * time.Millisecond) {
		c.hold("GET /checks/mx", "", 200).into(t, &got)
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("%+v", got)
		}
	}
	for len(got.Places) != 2 || *got.Places[1].Status != probe.OK {
		c.hold("GET /checks/mx", "", 200).into(t, &got)
	}
	fra, nyc := got.Places[0], got.Places[1]
	if got.Down != "any" || got.Cause != "mailbox-full" || fra.Name != "mx from fra" || fra.Cause != "mailbox-full" || fra.Summary != `rcpt: full\x1b[2J` || nyc.Address != "192.0.2.1:25" || nyc.Elapsed != 0.02 || nyc.LastRun == nil {
		t.Errorf("%+v\n%+v\n%+v", got, fra, nyc)
	}
	if i := slices.IndexFunc(got.Differs, func(d differenceJSON) bool { return d.What == "address" }); i < 0 || len(got.Differs[i].Values) != 2 {
		t.Errorf("%+v", got.Differs)
	}
	c.hold("GET /checks/mx%20from%20fra", "", 200).into(t, &got)
	if got.Name != "mx from fra" || got.Status != probe.Critical || len(got.Latest) != 1 {
		t.Errorf("%+v", got)
	}
	c.hold("GET /checks/mx%20from%20ams", "", 404)
	got = checkJSON{}
	c.hold("GET /checks/far", "", 200).into(t, &got)
	if len(got.Places) != 3 || got.Places[0].Status != nil {
		t.Errorf("%+v", got.Places)
	}
	c.hold("GET /results?check=mx%20from%20fra", "", 200)
	c.hold("POST /run/mx", "", 409)
	c.hold("POST /run/agent%20fra", "", 409)
}
