package suite

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/internal/report"
	"mailprobe/internal/settings"
	"mailprobe/probe"
	"mailprobe/wire"
)

// CausePlaceUnable is the cause of a check that a place does not carry out.
var CausePlaceUnable = &probe.Cause{
	Name: "place-unable", Blame: probe.BlameSender, Status: probe.Unknown,
	Meaning: "A place cannot see what a check asks, such as a mail server where no connection to port 25 gets out: it says nothing about the server.",
	Hint:    "have the place's network permit connections to port 25, or run the check from another place",
	Source:  "mailprobe agent: its test of itself",
}

// AgentRules are what the owner of an agent permits.
type AgentRules struct {
	// Judge returns why a check is not permitted, nil where it is. Addresses are judged when
	// they are used, by Runner.Permit.
	Judge func(kind string, t probe.Target) error
	// Port returns why something may not be sent to a port, likewise.
	Port func(port uint16) error
	// Sends permits checks that hand over messages, or send lines of their own.
	Sends bool
	// Secret returns what a credential stands for that is sent to a host, empty where that is
	// not known beforehand, by a check with options.
	Secret func(c Credential, host string, options settings.Values) (wire.Secret, error)
	// Dir is the state directory of checks that keep something.
	Dir string
}

// The bounds of a job.
const (
	// MaxJobs is how many jobs an agent runs.
	MaxJobs        = 10_000
	maxJobID       = 1500 // bytes
	maxJobOptions  = 300
	maxJobOption   = 64 << 10 // bytes of a text
	maxCredentials = 10
	maxJobNeeds    = 100 // DependsOn
	maxJobAttempts = 20
	maxJobEvery    = 366 * 24 * time.Hour
)

// ForAgent makes jobs the checks of a suite. What comes from a centre is data that may be
// anything: jobs that are not sound or that the rules do not permit are left out, and refused
// says why, by their IDs. No option that names a file, runs a command or reads the environment
// is taken.
func ForAgent(jobs []Job, kinds []probe.Kind, rules AgentRules) (s *Suite, refused map[string]error) {
	a := forAgent{kinds: kinds, rules: rules, made: map[string]*Check{}, refused: map[string]error{}}
	for n, j := range jobs {
		a.add(n, j)
	}
	a.refuseCircles()
	s = &Suite{Name: "agent"}
	for _, c := range a.checks {
		if a.made[c.Name] == nil {
			continue
		}
		c.DependsOn = slices.DeleteFunc(c.DependsOn, func(id string) bool { return a.made[id] == nil })
		s.Checks = append(s.Checks, c)
	}
	return s, a.refused
}

// CheckForAgent returns the check of a job that is run at once, by the same rules, with its
// options set and not prepared. The job needs no ID and no times.
func CheckForAgent(j Job, kinds []probe.Kind, rules AgentRules) (check *probe.Check, err error) {
	j.ID, j.Every = cmp.Or(j.ID, j.Kind), shortestEvery
	a := forAgent{kinds: kinds, rules: rules}
	err = probe.Guard(func() error {
		c, err := a.check(j)
		if err != nil {
			return err
		}
		check = c.ready
		check.Options.Getenv = c.getenv
		return nil
	})
	return check, err
}

// forAgent makes jobs checks.
type forAgent struct {
	kinds   []probe.Kind
	rules   AgentRules
	checks  []*Check
	made    map[string]*Check // by their names
	refused map[string]error
}

// add makes a job a check, or refuses it.
func (a *forAgent) add(n int, j Job) {
	id := cut.Bytes(report.Clean(j.ID), maxJobID)
	switch {
	case n >= MaxJobs:
		a.refused[id] = fmt.Errorf("an agent runs %d jobs at most", MaxJobs)
	case j.ID == "" || id != j.ID || strings.TrimSpace(id) != id:
		a.refused[id] = errors.New("the name of the job is none that a check can have")
	case a.made[id] != nil || a.refused[id] != nil:
		a.refused[id] = errors.New("two jobs have this name")
		delete(a.made, id)
	default:
		var c *Check
		err := probe.Guard(func() (err error) { c, err = a.check(j); return err })
		if err != nil {
			a.refused[id] = errors.New(settings.AsKeys(err))
			return
		}
		a.checks, a.made[id] = append(a.checks, c), c
	}
}

// check makes a job a check.
func (a *forAgent) check(j Job) (*Check, error) {
	i := slices.IndexFunc(a.kinds, func(k probe.Kind) bool { return k.Name == j.Kind })
	if i < 0 {
		return nil, fmt.Errorf("this version has no kind %q", cut.Bytes(j.Kind, 40))
	}
	c := &Check{Name: j.ID, Kind: a.kinds[i], Settings: defaultSettings()}
	c.ready = probe.New(c.Kind)
	if _, passive := c.ready.Passive(); passive {
		return nil, fmt.Errorf("a check of kind %s waits for reports, and nothing listens here", c.Kind.Name)
	}
	if err := c.schedule(j); err != nil {
		return nil, err
	}
	if err := a.setAll(c, j); err != nil {
		return nil, err
	}
	t, err := jobTarget(c.ready, j)
	if err == nil {
		err = a.rules.Judge(c.Kind.Name, t)
	}
	if err == nil {
		err = a.setSecrets(c, j.Credentials, t)
	}
	c.Targets = []probe.Target{t}
	return c, err
}

// schedule sets when a check is run.
func (c *Check) schedule(j Job) error {
	switch {
	case j.Every < shortestEvery || j.Every > maxJobEvery:
		return fmt.Errorf("every is %s; a time from a second to a year would be right", j.Every)
	case j.Attempts < 0 || j.Attempts > maxJobAttempts:
		return fmt.Errorf("attempts is %d; a number from 1 to %d would be right", j.Attempts, maxJobAttempts)
	case j.RetryAfter < 0 || j.RetryAfter > time.Hour:
		return fmt.Errorf("retry_after is %s; a time of up to an hour would be right", j.RetryAfter)
	case len(j.DependsOn) > maxJobNeeds:
		return fmt.Errorf("it depends on more than %d jobs", maxJobNeeds)
	}
	if j.Between != "" {
		if err := c.Between.UnmarshalText([]byte(cut.Bytes(j.Between, 100))); err != nil {
			return fmt.Errorf("between: %w", err)
		}
	}
	c.Every, c.Attempts, c.RetryAfter = j.Every, max(j.Attempts, 1), j.RetryAfter
	c.DependsOn = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(j.DependsOn))), func(id string) bool { return id == j.ID })
	return nil
}

// jobTarget is what a job is run against.
func jobTarget(check *probe.Check, j Job) (probe.Target, error) {
	if check.TakesTarget() {
		return check.Kind.ParseTarget(j.Target)
	}
	if j.Target != "" {
		return probe.Target{}, fmt.Errorf("%s takes no target: its options name it", check.Kind.Name)
	}
	t, _ := check.Target()
	t.Text = cmp.Or(t.Text, j.ID)
	return t, nil
}

// setAll sets the options of a check.
func (a *forAgent) setAll(c *Check, j Job) error {
	if len(j.Options) > maxJobOptions || len(j.Credentials) > maxCredentials {
		return fmt.Errorf("it has more than %d options or %d credentials", maxJobOptions, maxCredentials)
	}
	for _, v := range j.Options {
		if err := a.permits(c.ready, v); err != nil {
			return err
		}
		if err := errors.Join(c.set(v), bounded(c.ready, v.Name)); err != nil {
			return err
		}
	}
	if o := probe.FindOption(c.ready.Declared, "state"); o != nil && o.Type == probe.TypeDirectory {
		if err := c.set(settings.Value{Name: "state", Text: a.rules.Dir}); err != nil {
			return err
		}
	}
	return a.permitPorts(c.ready)
}

func (c *Check) set(v settings.Value) error {
	if err := c.ready.Set(v.Name, v.Text); err != nil {
		return err
	}
	c.options = append(c.options, v)
	return nil
}

// permits returns why a job may not set an option, nil where it may.
func (a *forAgent) permits(check *probe.Check, v settings.Value) error {
	o := probe.FindOption(check.Declared, v.Name)
	name := probe.OptionName(cut.Bytes(v.Name, 40))
	switch {
	case o == nil:
		return fmt.Errorf("%s of this version has no option %q", check.Kind.Name, cut.Bytes(v.Name, 40))
	case len(v.Text) > maxJobOption:
		return probe.OptionErrorf("%s has more than %d bytes", name, maxJobOption)
	case o.Writes || slices.Contains([]probe.Type{probe.TypeFile, probe.TypeDirectory, probe.TypeSigner}, o.Type) || o.Type.FileIn(v.Text) >= 0:
		return probe.OptionErrorf("%s names a file, and none of this machine is read or written for a centre", name)
	case o.Type == probe.TypeCommand:
		return probe.OptionErrorf("%s is a command, and none is run for a centre", name)
	case o.Type == probe.TypeContent && probe.IsStdin(v.Text):
		return probe.OptionErrorf("%s reads standard input, and there is none", name)
	case o.Credential && strings.HasSuffix(v.Name, "-env"):
		return probe.OptionErrorf("%s reads the environment of this machine; a credential by that name would be right", name)
	case !a.rules.Sends && (v.Name == "send" || v.Name == "command"):
		return probe.OptionErrorf("%s hands something of its own to the server, and agent.yaml permits that with deliver among the kinds only", name)
	case strings.HasPrefix(v.Name, "interface") || v.Name == "mark" || v.Name == "source":
		return probe.OptionErrorf("%s is about the network of this machine, which a centre does not choose", name)
	}
	return nil
}

// jobBounds are those of numbers that an agent takes: what a file of checks may do to its
// owner's own servers, a centre may not do to anybody's. Times are in seconds.
var jobBounds = map[string]struct{ least, most float64 }{
	"count":    {1, 1000},
	"samples":  {1, 1000},
	"interval": {0.2, 3600},
	"wait":     {0, 60},
	"timeout":  {0, 3600},
	"size":     {0, 50 << 20},
}

// bounded returns why the value of an option is out of bounds, nil where it is not.
func bounded(check *probe.Check, name string) error {
	bounds, is := jobBounds[name]
	if !is {
		return nil
	}
	var value float64
	switch v := probe.FindOption(check.Declared, name).Value.(type) {
	case *int:
		value = float64(*v)
	case *int64:
		value = float64(*v)
	case *uint32:
		value = float64(*v)
	case *time.Duration:
		value = v.Seconds()
	default:
		return nil
	}
	if value < bounds.least || value > bounds.most {
		return probe.OptionErrorf("%s is out of the bounds of an agent, from %v to %v", probe.OptionName(name), bounds.least, bounds.most)
	}
	return nil
}

// permitPorts returns why a port that an option names is not permitted.
func (a *forAgent) permitPorts(check *probe.Check) error {
	for _, o := range check.Declared {
		if port, is := o.Value.(*uint16); is && *port != 0 && o.Type == probe.TypeNumber {
			if err := a.rules.Port(*port); err != nil {
				return probe.OptionErrorf("%s: %w", probe.OptionName(o.Name), err)
			}
		}
	}
	return nil
}

// setSecrets has options find secrets, by names in an environment that is the check's alone:
// anew for each run, as they may change.
func (a *forAgent) setSecrets(c *Check, all []Credential, t probe.Target) error {
	secrets, options := map[string]func() (wire.Secret, error){}, c.options
	c.getenv = func(name string) string {
		if secrets[name] == nil {
			return ""
		}
		secret, _ := secrets[name]() // an empty one is an error of the check
		return string(secret)
	}
	for _, credential := range all {
		host := credentialHost(c.ready, credential.Option, t)
		secret := func() (wire.Secret, error) { return a.rules.Secret(credential, host, options) }
		secrets[credential.Name] = secret
		if err := c.setSecret(credential, secret); err != nil {
			return err
		}
	}
	return nil
}

// setSecret has an option find a secret. One that reads a file at the centre finds it in the
// environment as well.
func (c *Check) setSecret(credential Credential, secret func() (wire.Secret, error)) error {
	name := strings.TrimSuffix(strings.TrimSuffix(credential.Option, "-env"), "-file") + "-env"
	o := probe.FindOption(c.ready.Declared, name)
	named := probe.OptionName(cut.Bytes(credential.Option, 40))
	switch {
	case o == nil || !o.Credential:
		return fmt.Errorf("%s of this version has no credential %q", c.Kind.Name, cut.Bytes(credential.Option, 40))
	case credential.Name == "" || len(credential.Name) > maxJobID || report.Clean(credential.Name) != credential.Name:
		return probe.OptionErrorf("%s: the name of the credential is none", named)
	}
	if _, err := secret(); err != nil {
		return probe.OptionErrorf("%s: %w", named, err)
	}
	return c.set(settings.Value{Name: name, Text: credential.Name})
}

// credentialHost is the host that a secret is sent to: the target, or the server that an option
// names, as via does for via-password-env; empty where neither does.
func credentialHost(check *probe.Check, option string, t probe.Target) string {
	server, _, _ := strings.Cut(option, "-")
	o := probe.FindOption(check.Declared, server)
	if o == nil || o.Type != probe.TypeServer {
		return nameOf(t.Host)
	}
	_, rest, is := strings.Cut(o.String(), "://")
	if !is {
		rest = o.String()
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if host, _, err := net.SplitHostPort(rest); err == nil {
		rest = host
	}
	return nameOf(strings.Trim(strings.TrimSuffix(rest, "/"), "[]"))
}

// refuseCircles refuses jobs that depend on themselves over others, and those between two
// such circles: what is left once all are gone that need none, or that none needs.
func (a *forAgent) refuseCircles() {
	needs, neededBy := map[string][]string{}, map[string][]string{}
	for id, c := range a.made {
		for _, other := range c.DependsOn {
			if a.made[other] != nil {
				needs[id], neededBy[other] = append(needs[id], other), append(neededBy[other], id)
			}
		}
	}
	free := a.free(neededBy, needs)
	for id := range a.free(needs, neededBy) {
		free[id] = true
	}
	for id := range a.made {
		if !free[id] {
			a.refused[id] = errors.New("it depends on itself, over the jobs that it depends on")
		}
	}
	for id := range a.refused {
		delete(a.made, id)
	}
}

// free returns the jobs to which no circle leads: those to which nothing leads, then those to
// which nothing else does, and so on.
func (a *forAgent) free(leads, from map[string][]string) map[string]bool {
	left := map[string]int{}
	var next []string
	for id := range a.made {
		if left[id] = len(from[id]); left[id] == 0 {
			next = append(next, id)
		}
	}
	free := map[string]bool{}
	for len(next) > 0 {
		id := next[len(next)-1]
		next, free[id] = next[:len(next)-1], true
		for _, other := range leads[id] {
			if left[other]--; left[other] == 0 {
				next = append(next, other)
			}
		}
	}
	return free
}
