package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/fleet/centre"
	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// fleetFlags are the flags of `mailprobe fleet`.
type fleetFlags struct {
	format, state string
	submit        bool
}

func (f *fleetFlags) bind(flags *pflag.FlagSet) {
	f.format = "table"
	bindOptions(flags, []probe.Option{
		{Name: "submit", Type: probe.TypeBool, Value: &f.submit, Usage: "invite somebody who submits bulk runs, not a place"},
		{Name: "output", Short: "o", Type: probe.TypeChoice, Value: &f.format, Choices: []string{"table", "json"}, Usage: "the `format` of the list: table or json"},
		{Name: "state", Type: probe.TypeDirectory, Value: &f.state, Usage: stateUsage},
	})
}

// newFleet makes the command that says who belongs to a fleet.
func newFleet(a *app) *cobra.Command {
	var f fleetFlags
	cmd := &cobra.Command{
		Use:   "fleet [FLAGS] invite NAME | list | revoke NAME | config",
		Short: "invite places to a fleet, list and revoke them",
		Long: `Say which places belong to the fleet of "mailprobe serve --fleet", on its machine
and as its user. They run checks that have from: in the file, and bulk runs.

invite  print a token for one agent by that name. It is good once, for an hour,
        and is handed to "mailprobe agent --join URL --token-file FILE" there.
list    show who was invited, and what was last heard of them.
revoke  end a place: it is disconnected, and its results are refused.
config  print what the nats-server.conf needs with "mailprobe serve --fleet --nats
        URL". Tokens are for that server from then on.

The exit status is 0 if it was done.`,
		Example: `  mailprobe fleet invite fra > fra.token
  mailprobe fleet invite alice --submit > alice.token
  mailprobe fleet list -o json
  mailprobe fleet revoke fra`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeFleet,
	}
	cmd.Flags().SortFlags = false
	f.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.fleet(&f, args) }
	return cmd
}

// fleetActions are what the command does, and whether it is to a name.
var fleetActions = []struct {
	word  string
	named bool
}{{"invite", true}, {"list", false}, {"revoke", true}, {"config", false}}

// check finds what is wrong with the arguments.
func (f *fleetFlags) check(args []string) error {
	var words []string
	for _, one := range fleetActions {
		words = append(words, one.word)
	}
	if len(args) == 0 {
		return fmt.Errorf("what is to be done is missing: %s", strings.Join(words, ", "))
	}
	for _, one := range fleetActions {
		switch {
		case one.word != args[0]:
			continue
		case one.named && len(args) < 2:
			return fmt.Errorf("the name is missing, such as mailprobe fleet %s fra", one.word)
		case one.named && len(args) > 2, !one.named && len(args) > 1:
			return fmt.Errorf("%q is too many; see mailprobe fleet --help", args[len(args)-1])
		case f.submit && one.word != "invite":
			return fmt.Errorf("--submit belongs to invite, not to %s", one.word)
		case f.format != "table" && one.word != "list":
			return fmt.Errorf("-o belongs to list, not to %s", one.word)
		}
		return nil
	}
	return fmt.Errorf("there is no %q; %s", args[0], probe.Meant(args[0], words, "there are "+strings.Join(words, ", ")))
}

// fleet does what the command line says.
func (a *app) fleet(f *fleetFlags, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	dir, err := probe.StateDir(f.state)
	if err != nil {
		return err
	}
	register, err := centre.OpenRegister(dir)
	if err != nil {
		return err
	}
	switch args[0] {
	case "invite":
		return a.invite(register, dir, args[1], f.submit)
	case "revoke":
		return register.Revoke(args[1], time.Now())
	case "list":
		return a.listFleet(register, dir, f.format)
	}
	config, err := centre.Config(dir)
	if err == nil {
		_, err = io.WriteString(a.stdout, config)
	}
	return err
}

// invite prints a token.
func (a *app) invite(register *centre.Register, dir, name string, submit bool) error {
	at, err := centre.ReadLocation(dir)
	if err != nil {
		return err
	}
	var fingerprint []byte
	if at.Embedded {
		if fingerprint, err = centre.Fingerprint(dir); err != nil {
			return err
		}
	}
	token, err := register.Invite(name, submit, fingerprint, time.Now())
	if err == nil {
		_, err = fmt.Fprintln(a.stdout, token)
	}
	return err
}

// member is who was invited, as the list shows it.
type member struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Submit  bool      `json:"submit"`
	Key     string    `json:"key,omitempty"`
	Invited time.Time `json:"invited"`
	Expires time.Time `json:"expires,omitzero"`
	Joined  time.Time `json:"joined,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
	// Seen is what was last heard, nil for nothing.
	Seen *centre.Seen `json:"seen,omitempty"`
}

func (a *app) listFleet(register *centre.Register, dir, format string) error {
	places, err := register.List()
	if err != nil {
		a.warn(err)
	}
	seen, err := centre.ReadSeen(dir)
	if err != nil {
		return err
	}
	now, all := time.Now(), []member{}
	for _, p := range places {
		m := member{Name: p.Name, State: p.State(now), Submit: p.Submit, Key: p.Key, Invited: p.Invited, Expires: p.Expires, Joined: p.Joined, Revoked: p.Revoked}
		if s, is := seen[p.Name]; is {
			m.Seen = &s
		}
		all = append(all, m)
	}
	if format == "json" {
		return plainjson.Write(a.stdout, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintf(a.stdout, "nobody was invited in %s; mailprobe fleet invite NAME does it, and --state names another directory\n", dir)
		return err
	}
	head, rows := []string{"NAME", "STATE", "SEEN", "VERSION", "CLOCK", "JOBS", "WAITS", "NOT TAKEN", "CANNOT"}, [][]string{}
	for _, m := range all {
		rows = append(rows, m.row(now))
	}
	o := a.tableOptions()
	o.Fit(head, rows, 8)
	_, err = io.WriteString(a.stdout, o.Grid(head, rows))
	return err
}

func (m member) row(now time.Time) []string {
	state := m.State
	if m.Submit {
		state += ", submits"
	}
	s := m.Seen
	if s == nil {
		return []string{m.Name, state, "never", "", "", "", "", "", ""}
	}
	clock := ""
	if s.Offset != nil {
		clock = fmt.Sprintf("%+.3f s", math.Round(*s.Offset*1e3)/1e3+0) // + 0 makes -0 a 0
	}
	return []string{
		m.Name, state, probe.FormatSpan(now.Sub(s.Last)) + " ago", report.Clean(s.Version), clock, strconv.Itoa(s.Jobs - s.NotAllowed),
		strconv.FormatInt((s.Spooled+1023)/1024, 10) + " KiB", strconv.FormatInt(s.Refused+s.Dropped, 10), cannot(s),
	}
}

// cannot is why a place is not listened to, or else what it cannot do.
func cannot(s *centre.Seen) string {
	if s.Problem != "" {
		return s.Problem
	}
	var words []string
	for _, a := range s.Able {
		if a.Able != nil && !*a.Able {
			words = append(words, report.Clean(a.Name))
		}
	}
	return strings.Join(words, ", ")
}

// completeFleet completes what is to be done, and to whom.
func completeFleet(cmd *cobra.Command, args []string, _ string) (words []string, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		for _, one := range fleetActions {
			words = append(words, one.word)
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
	dir, err := probe.StateDir(cmd.Flags().Lookup("state").Value.String())
	if len(args) > 1 || args[0] != "revoke" || err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	register, err := centre.OpenRegister(dir)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	places, _ := register.List() // those that are legible
	for _, p := range places {
		if p.Revoked.IsZero() {
			words = append(words, p.Name)
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
