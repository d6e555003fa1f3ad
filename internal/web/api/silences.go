package api

import (
	"net/http"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/suite"
)

// silences answers as `mailprobe silence -o json` does.
func (a *API) silences(r *http.Request) (*answer, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	s := a.Scheduler.Suite()
	q, err := s.ReadSilences(r.Context(), a.Store, a.Now())
	if err != nil {
		return nil, err
	}
	return &answer{body: s.List(q, a.Now())}, nil
}

// silence silences checks for a time.
func (a *API) silence(r *http.Request) (*answer, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	var in struct {
		Word string `json:"word"`
		For  string `json:"for"`
		signature
	}
	if err := readBody(r, &in, "word", "for", "by", "reason"); err != nil {
		return nil, err
	}
	span, err := parseSpan("for", in.For, 366*24*time.Hour)
	if err != nil {
		return nil, err
	}
	s := a.Scheduler.Suite()
	made, err := s.Silence(r.Context(), a.Store, suite.NewSilence{Word: in.Word, For: span, By: author(r, in.By), Reason: in.Reason}, a.Now())
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusCreated, location: "silences/" + made.ID, body: s.ListSilence(made)}, nil
}

// endSilence ends a silence.
func (a *API) endSilence(r *http.Request) (*answer, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	id := r.PathValue("silence")
	all, err := a.Store.Silences(r.Context(), a.Now())
	if err != nil {
		return nil, err
	}
	ended := false
	if slices.ContainsFunc(all, func(s history.Silence) bool { return s.ID == id }) {
		ended, err = a.Store.EndSilence(r.Context(), id, a.Now(), author(r, ""))
	}
	if err == nil && !ended {
		err = &problem{status: http.StatusNotFound, detail: "there is no silence " + quoted(id) + " that holds; " + root + "/silences lists them"}
	}
	return &answer{status: http.StatusNoContent}, err
}
