// Package atomicfile writes the files that mailprobe leaves behind: metrics, pages,
// units and what is to be remembered.
//
// A file is written beside the one it then takes the place of, so that whoever reads
// finds the old one or the new one, whole. Only regular files are ever replaced: a
// device, a pipe or a socket that took part in a rename would be gone, which as root
// is the end of /dev/null. A symbolic link is followed only to a file of the link's
// own owner, so that nobody can have others write where he could not himself.
package atomicfile

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Mode is which permissions a file gets.
type Mode struct {
	// Perm are those of a new file, less the umask.
	Perm fs.FileMode
	// Always has Perm hold as it is, for a file that is there already as well.
	Always bool
}

// Private is the mode of files that only their owner may read.
var Private = Mode{Perm: 0o600, Always: true}

// Check returns an error where Write would refuse the name: what is there is no
// regular file, or a link that is not followed. A name where nothing is yet is right.
func Check(name string) error {
	_, _, err := resolve(name)
	return err
}

// Write has write make a file, of that name or that a symbolic link of that name leads
// to. Where anything fails the old file stays as it was.
func Write(name string, mode Mode, write func(io.Writer) error) error {
	target, old, err := resolve(name)
	if err != nil {
		return err
	}
	if old != nil && !mode.Always {
		mode = Mode{old.Mode().Perm(), true}
	}
	return put(target, mode, write, os.Rename)
}

// Create is Write for a file that must not be there yet, else fs.ErrExist.
func Create(name string, mode Mode, write func(io.Writer) error) error {
	return put(name, mode, write, link)
}

// link gives a file a name that nobody has. Where there are no hard links, as on FAT,
// two that do it at the same moment may both succeed.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return &fs.PathError{Op: "create", Path: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}

// Text returns what writes a text.
func Text(text []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
}

// maxLinks is how many symbolic links are followed one after the other.
const maxLinks = 40

// resolve follows symbolic links to the regular file that name stands for, and returns
// what is there; nil for nothing yet.
func resolve(name string) (target string, there fs.FileInfo, err error) {
	var links []fs.FileInfo
	for target = name; len(links) <= maxLinks; {
		there, err = os.Lstat(target)
		switch {
		case errors.Is(err, fs.ErrNotExist) && len(links) == 0:
			return target, nil, nil
		case errors.Is(err, fs.ErrNotExist):
			return "", nil, fmt.Errorf("%s is a symbolic link to %s, which is not there", name, target)
		case err != nil:
			return "", nil, err
		case there.Mode().Type() != fs.ModeSymlink:
			return target, there, suitable(name, target, there, links)
		}
		links = append(links, there)
		next, err := os.Readlink(target)
		if err != nil {
			return "", nil, err
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(target), next)
		}
		target = next
	}
	return "", nil, fmt.Errorf("%s is a symbolic link that leads to itself", name)
}

// suitable returns an error unless what is there may be replaced.
func suitable(name, target string, there fs.FileInfo, links []fs.FileInfo) error {
	if err := Regular(target, there); err != nil {
		return err
	}
	for _, link := range links {
		if owner(link) != owner(there) {
			return fmt.Errorf("%s is a symbolic link of %s to a file of %s, and is not followed; name the file itself", name, ownerName(link), ownerName(there))
		}
	}
	return nil
}

// kinds are what is no regular file.
var kinds = []struct {
	bit  fs.FileMode
	word string
}{
	{fs.ModeDir, "a directory"},
	{fs.ModeCharDevice, "a device"},
	{fs.ModeDevice, "a device"},
	{fs.ModeNamedPipe, "a named pipe"},
	{fs.ModeSocket, "a socket"},
}

// Regular returns an error that says what a file is where it is no regular one.
func Regular(name string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	for _, k := range kinds {
		if info.Mode()&k.bit != 0 {
			return fmt.Errorf("%s is %s, and only a regular file can be written", name, k.word)
		}
	}
	return fmt.Errorf("%s is no regular file", name)
}

// Read reads a regular file, of no more than so many bytes, and says what is known of it.
// To open a pipe would wait for whoever writes into it.
func Read(name string, limit int64) (text []byte, info fs.FileInfo, err error) {
	info, err = os.Stat(name)
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is no regular file", name)
	case info.Size() > limit:
		return nil, nil, fmt.Errorf("%s has more than %d bytes", name, limit)
	}
	text, err = os.ReadFile(name)
	return text, info, err
}

// marker is part of the name of a file that is being written.
const marker = ".mailprobe-"

// put writes a file beside its place and then puts it there.
func put(name string, mode Mode, write func(io.Writer) error, into func(from, to string) error) error {
	clean(filepath.Dir(name))
	f, err := create(name, mode.Perm)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already where it was renamed
	if mode.Always {
		err = f.Chmod(mode.Perm)
	}
	if err := errors.Join(err, fill(f, write), f.Sync(), f.Close()); err != nil {
		return err
	}
	return into(f.Name(), name)
}

// create makes a file of a name that nobody has, with the mode less the umask: unlike
// os.CreateTemp, of which the mode is 0600.
func create(name string, perm fs.FileMode) (*os.File, error) {
	dir, base := filepath.Split(name)
	for tries := 0; ; tries++ {
		beside := filepath.Join(cmp.Or(dir, "."), fmt.Sprintf(".%s%s%d-%d", base, marker, os.Getpid(), time.Now().UnixNano()))
		f, err := os.OpenFile(beside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
		if !errors.Is(err, fs.ErrExist) || tries == 100 {
			return f, err
		}
	}
}

func fill(f io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriter(f)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// abandoned is the age from which a file that is being written no longer is.
const abandoned = time.Hour

// clean removes what processes of this user that were killed while they wrote have
// left in a folder.
func clean(dir string) {
	entries, _ := os.ReadDir(dir) // what cannot be read cannot be cleaned
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") || !strings.Contains(e.Name(), marker) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > abandoned && owner(info) == self() {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
