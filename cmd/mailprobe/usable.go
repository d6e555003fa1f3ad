package main

import (
	"errors"
	"fmt"

	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
)

// unusable is the error of a file of checks with errors.
type unusable struct {
	name     string
	problems settings.Problems
}

// Error implements error: a line for each problem and one for all.
func (u *unusable) Error() string { return u.problems.String() + u.line() }

func (u *unusable) line() string {
	return fmt.Sprintf("%s cannot be used: %s", u.name, u.problems.Tally())
}

// loadSuite reads a file of checks that can be used. shown shows its error.
func loadSuite(name string) (*suite.Suite, error) {
	s, problems, err := suite.Load(name, kinds())
	if err != nil {
		return nil, err
	}
	return s, usable(name, problems)
}

// usable returns an error where the problems of a file are not all warnings.
func usable(name string, problems settings.Problems) error {
	if len(problems.Errors()) == 0 {
		return nil
	}
	return &unusable{name, problems}
}

// shown prints the problems of a file, and returns the line that is left to say.
func (a *app) shown(err error) error {
	var u *unusable
	if !errors.As(err, &u) {
		return err
	}
	fmt.Fprint(a.stderr, u.problems.String())
	return errors.New(u.line())
}
