package probetest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/probe"
	"mailprobe/wire/wiretest"
)

// Trips is a check of one server and how many round trips it takes.
type Trips struct {
	// Name is that of the subtest.
	Name string
	// Args are flags as on the command line; $WORK/password is a file with a
	// password. The authority that issues the server's certificates is trusted.
	Args string
	// Script is what the server does.
	Script string
	// Want is the number of round trips.
	Want int
}

// RoundTrips runs a subtest for each of the checks: it must end well, follow the
// script, and take the time of exactly so many round trips.
func RoundTrips(t *testing.T, kind probe.Kind, all []Trips) {
	t.Helper()
	for _, test := range all {
		t.Run(test.Name, func(t *testing.T) {
			c := &testCase{work: t.TempDir(), roundTrip: defaultRoundTrip}
			// An address, as the look-up of a name is not part of the session.
			line := "--ca-file=$CA --server-name=" + wiretest.HostName + " " + test.Args + " 192.0.2.1"
			if err := errors.Join(c.addFile("password", conformSecret+"\n"), c.addArgs(line), c.addSession("", test.Script)); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { c.timeTrips(t, kind, test.Want) })
		})
	}
}

func (c *testCase) timeTrips(t *testing.T, kind probe.Kind, want int) {
	network, err := c.network()
	if err != nil {
		t.Fatal(err)
	}
	out, err := check(t.Context(), kind, network, c.args)
	if err != nil {
		t.Fatal(err)
	}
	deviations, unclosed := network.finish()
	for _, err := range append(deviations, unclosed...) {
		t.Error(err)
	}
	verify(t, kind, out.results, c.secrets)
	r := out.results[0]
	if r.Status != probe.OK {
		t.Errorf("it is not as it should be:\n%s", Golden(r))
	}
	if wanted := time.Duration(want) * c.roundTrip; r.Elapsed != wanted {
		t.Errorf("it took %s, which are %.1f round trips, not %d", r.Elapsed, float64(r.Elapsed)/float64(c.roundTrip), want)
	}
}
