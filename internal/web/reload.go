package web

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"
)

// Reloader reads the file of checks anew: when it is asked to, and when the file has
// changed. A file that cannot be used leaves the one before in use.
type Reloader struct {
	// File is the file's name.
	File string
	// Load reads the file and puts it in use, or returns what is wrong with it.
	Load func(ctx context.Context) error
	// Loaded is called after each reload, by one goroutine at a time; nil for no call.
	Loaded func(err error)

	reading sync.Mutex

	mu      sync.Mutex
	at      time.Time
	problem error
}

// NewReloader returns a reloader of a file that has been read just now.
func NewReloader(file string, load func(ctx context.Context) error) *Reloader {
	return &Reloader{File: file, Load: load, at: time.Now()}
}

// Last returns when the file was read that is in use, and what was wrong with it since; nil
// if nothing.
func (r *Reloader) Last() (at time.Time, problem error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at, r.problem
}

// Reload reads the file now.
func (r *Reloader) Reload(ctx context.Context) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	systemd.reloading()
	begun := time.Now()
	err := r.Load(ctx)
	r.mu.Lock()
	if r.problem = err; err == nil {
		r.at = begun
	}
	r.mu.Unlock()
	systemd.ready()
	if r.Loaded != nil {
		r.Loaded(err)
	}
	return err
}

// lookEvery is how often Watch looks at the file. What is half written is not read: a
// change counts once the file is the same twice.
const lookEvery = 2 * time.Second

// Watch reloads the file when it has changed, until the context ends. It looks through
// symbolic links, as those to a mounted ConfigMap.
func (r *Reloader) Watch(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	used := r.look()
	for last := used; ; {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		now := r.look()
		if now.same(last) && !now.same(used) {
			used = now
			_ = r.Reload(ctx) // Loaded says what is wrong
		}
		last = now
	}
}

// sight is how a file looked.
type sight struct {
	info fs.FileInfo // nil where there is no such file
}

func (r *Reloader) look() sight {
	info, err := os.Stat(r.File)
	if err != nil {
		return sight{}
	}
	return sight{info}
}

// same reports whether the file is the same, and unchanged.
func (s sight) same(other sight) bool {
	if s.info == nil || other.info == nil {
		return s.info == other.info
	}
	return os.SameFile(s.info, other.info) && s.info.ModTime().Equal(other.info.ModTime()) && s.info.Size() == other.info.Size()
}

// reload answers POST /-/reload.
func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	if s.config.Reloader == nil {
		fail(w, r, http.StatusNotFound, fmt.Errorf("there is no file to reload: the server was started without one"))
		return
	}
	if err := s.config.Reloader.Reload(r.Context()); err != nil {
		fail(w, r, http.StatusInternalServerError, err)
		return
	}
	answerText(w, s.config.Reloader.File+" is reloaded")
}
