package main

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
)

// list shows what is silenced.
func (s silencer) list(ctx context.Context) error {
	q, err := s.suite.ReadSilences(ctx, s.store, s.now)
	if err != nil {
		return err
	}
	list := s.suite.List(q, s.now)
	if s.flags.format == "json" {
		return plainjson.Write(s.stdout, list)
	}
	o := s.tableOptions()
	var parts []string
	for _, t := range []silenceTable{silenceRows(list), maintenanceRows(list, len(s.suite.Items())), incidentRows(list)} {
		if len(t.rows) > 0 {
			o.Fit(t.head, t.rows, t.shrink...)
			parts = append(parts, o.Grid(t.head, t.rows))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing is silenced\n"}
	}
	_, err = io.WriteString(s.stdout, strings.Join(parts, "\n"))
	return err
}

// silenceTable is a table of the list; shrink are the columns that may be cut.
type silenceTable struct {
	head   []string
	rows   [][]string
	shrink []int
}

func silenceRows(list suite.SilenceList) silenceTable {
	t := silenceTable{head: []string{"SILENCE", "WHAT", "CHECKS", "UNTIL", "BY", "REASON"}, shrink: []int{1, 5}}
	for _, one := range list.Silences {
		t.rows = append(t.rows, []string{one.ID, report.Clean(one.Word), strconv.Itoa(len(one.Checks)), localTime(one.Until), report.Clean(one.By), report.Clean(one.Reason)})
	}
	return t
}

func maintenanceRows(list suite.SilenceList, all int) silenceTable {
	t := silenceTable{head: []string{"MAINTENANCE", "CHECKS", "NOW", "REASON"}, shrink: []int{0, 3}}
	for _, one := range list.Maintenance {
		checks, now := strconv.Itoa(len(one.Checks)), "no"
		if len(one.Checks) == all {
			checks = "all"
		}
		if !one.Until.IsZero() {
			now = "until " + localTime(one.Until)
		}
		t.rows = append(t.rows, []string{report.Clean(one.When), checks, now, report.Clean(one.Reason)})
	}
	return t
}

func incidentRows(list suite.SilenceList) silenceTable {
	t := silenceTable{head: []string{"ACKNOWLEDGED", "CHECK", "STATUS", "SINCE", "BY", "REASON"}, shrink: []int{1, 5}}
	for _, one := range list.Acknowledged {
		t.rows = append(t.rows, []string{report.Clean(one.Incident), report.Clean(one.Check), one.Status.String(), localTime(one.At), report.Clean(one.By), report.Clean(one.Reason)})
	}
	return t
}

// completeSilence completes what is silenced, for how long, and the file.
func completeSilence(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	for _, flag := range []string{"end", "ack", "list"} {
		if cmd.Flags().Changed(flag) {
			return nil, cobra.ShellCompDirectiveDefault // the file
		}
	}
	switch len(args) {
	case 0:
		return completeOnly(cmd, nil, typed)
	case 1:
		return []string{"30m", "1h", "2h", "8h", "1d"}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
	return nil, cobra.ShellCompDirectiveDefault
}
