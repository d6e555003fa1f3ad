package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet/centre"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// defaultFleetListen is where the fleet's server listens: everybody may come, and only those who
// were invited stay.
const defaultFleetListen = ":4222"

// checkFleet finds what is wrong with the flags of a fleet.
func (f *serveFlags) checkFleet() error {
	switch {
	case !f.fleet && (f.fleetListen != "" || f.nats != "" || f.natsCA != ""):
		return errors.New("--fleet-listen, --nats and --nats-ca-file belong to --fleet, which is missing")
	case f.fleetListen != "" && f.nats != "":
		return errors.New("--fleet-listen is for the server inside mailprobe, and --nats for one of its own; give one of them")
	case f.natsCA != "" && f.nats == "":
		return errors.New("--nats-ca-file belongs to --nats, which is missing")
	}
	return nil
}

// openFleet starts the centre of a fleet, where there is to be one.
func (s *serving) openFleet(ctx context.Context) error {
	if !s.flags.fleet {
		return nil
	}
	dir, err := probe.StateDir(s.flags.state)
	if err != nil {
		return err
	}
	if err := atomicfile.Folder(dir); err != nil {
		return err
	}
	ca := s.flags.natsCA
	if ca != "" {
		if ca, err = filepath.Abs(ca); err != nil {
			return err
		}
	}
	o := centre.Options{State: dir, URL: s.flags.nats, CAFile: ca, Checks: scheduled{s.scheduler}, Warn: s.warn}
	if o.URL == "" {
		if o.Listen = s.flags.fleetListen; o.Listen == "" {
			o.Listen = defaultFleetListen
		}
	}
	if s.centre, err = centre.Open(ctx, o); err != nil {
		return err
	}
	if o.Listen != "" {
		s.warn(fmt.Errorf("listening for agents on tls://%s", o.Listen))
	}
	s.uninvited()
	return nil
}

// uninvited says from which places checks are to run that nobody was invited as.
func (s *serving) uninvited() {
	if s.centre == nil || s.scheduler == nil {
		return
	}
	known := s.centre.Places()
	missing := slices.DeleteFunc(s.scheduler.Suite().Places(), func(place string) bool { return slices.Contains(known, place) })
	if len(missing) == 0 {
		return
	}
	for i, place := range missing {
		if near := probe.Meant(place, known, ""); near != "" {
			missing[i] = fmt.Sprintf("%s (%s)", place, near)
		}
	}
	s.warn(fmt.Errorf("from: names places that nobody was invited as: %s; mailprobe fleet invite NAME prints a token for the agent of one", probe.Names(missing, maxNamed)))
}

// maxNamed is how many places a line names.
const maxNamed = 10

// askPlace has a place run a job now.
func (s *serving) askPlace(place, id string) {
	if s.centre != nil {
		s.centre.Ask(place, id)
	}
}

// scheduled are the checks of a schedule; without one there are none.
type scheduled struct{ *suite.Scheduler }

func (s scheduled) Jobs(place string) []suite.Job {
	if s.Scheduler == nil {
		return nil
	}
	return s.Scheduler.Jobs(place)
}

func (s scheduled) Kind(place, id string) (kind string, is bool) {
	if s.Scheduler == nil {
		return "", false
	}
	return s.Scheduler.Kind(place, id)
}

func (s scheduled) Deliver(ctx context.Context, place string, all []suite.Delivered) error {
	if s.Scheduler == nil {
		return nil
	}
	return s.Scheduler.Deliver(ctx, place, all)
}

func (s scheduled) Heard(place string, r suite.AgentReport) {
	if s.Scheduler != nil {
		s.Scheduler.Heard(place, r)
	}
}
