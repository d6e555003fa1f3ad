//go:build unix

package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// read returns the text and the mode of a file.
func read(t *testing.T, name string) (string, fs.FileMode) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), info.Mode()
}

// umask sets the umask for a test.
func umask(t *testing.T, mask int) {
	old := syscall.Umask(mask)
	t.Cleanup(func() { syscall.Umask(old) })
}

// must fails the test for an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// only fails the test unless a folder has just these files.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if strings.Join(have, " ") != strings.Join(names, " ") {
		t.Errorf("the folder has %q, want %q", have, names)
	}
}

// TestWriteMode: a new file follows the umask, an old one keeps its mode, and a mode
// that is to hold always does.
func TestWriteMode(t *testing.T) {
	umask(t, 0o027)
	for name, c := range map[string]struct {
		old  fs.FileMode // 0 for no file
		mode Mode
		want fs.FileMode
	}{
		"new":         {0, Mode{Perm: 0o644}, 0o640},
		"new always":  {0, Mode{0o644, true}, 0o644},
		"old":         {0o600, Mode{Perm: 0o644}, 0o600},
		"old always":  {0o600, Mode{0o644, true}, 0o644},
		"old private": {0o644, Private, 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "page.html")
			if c.old != 0 {
				must(t, os.WriteFile(file, []byte("before"), 0o600))
				must(t, os.Chmod(file, c.old))
			}
			must(t, Write(file, c.mode, Text([]byte("after"))))
			if text, mode := read(t, file); text != "after" || mode != c.want {
				t.Errorf("%q with mode %v, want %v", text, mode, c.want)
			}
			only(t, dir, "page.html")
		})
	}
}

// TestWriteFails: an error leaves the old file and nothing else.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	must(t, os.WriteFile(file, []byte("before"), 0o600))
	broken := errors.New("broken")
	err := Write(file, Mode{Perm: 0o644}, func(w io.Writer) error {
		_, _ = io.WriteString(w, strings.Repeat("half a page", 1000))
		return broken
	})
	if text, _ := read(t, file); text != "before" || !errors.Is(err, broken) {
		t.Errorf("%q, %v", text, err)
	}
	only(t, dir, "page.html")
}

// TestCreate: a file that is there stays as it is.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	must(t, Create(file, Private, Text([]byte("first"))))
	if err := Create(file, Private, Text([]byte("second"))); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v, want that it exists", err)
	}
	if text, mode := read(t, file); text != "first" || mode != 0o600 {
		t.Errorf("%q with mode %v", text, mode)
	}
	only(t, dir, "key")
}

// TestRefused: whatever is no regular file is refused before anything happens, and is
// still there, also behind a symbolic link.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		make func(name string) error
		want string
	}{
		"directory": {func(n string) error { return os.Mkdir(n, 0o700) }, "is a directory"},
		"fifo":      {func(n string) error { return syscall.Mkfifo(n, 0o600) }, "is a named pipe"},
		"device":    {func(n string) error { return mknod(n, syscall.S_IFCHR) }, "is a device"},
		"disk":      {func(n string) error { return mknod(n, syscall.S_IFBLK) }, "is a device"},
		"socket": {func(n string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: n, Net: "unix"})
			if err == nil {
				l.SetUnlinkOnClose(false)
				err = l.Close()
			}
			return err
		}, "is a socket"},
		"dangling": {func(n string) error { return os.Symlink("nowhere", n) }, "which is not there"},
		"loop":     {func(n string) error { return os.Symlink(filepath.Base(n), n) }, "leads to itself"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			node, link := filepath.Join(dir, "node"), filepath.Join(dir, "link")
			if err := c.make(node); errors.Is(err, fs.ErrPermission) && os.Getenv("MAILPROBE_REAL") != "require" {
				t.Skip(err)
			} else {
				must(t, err)
			}
			must(t, os.Symlink("node", link))
			before, err := os.Lstat(node)
			must(t, err)
			for _, file := range []string{node, link} {
				written := false
				err := Write(file, Mode{Perm: 0o644}, func(io.Writer) error { written = true; return nil })
				if err == nil || !strings.Contains(err.Error(), c.want) || written {
					t.Errorf("%s: written %v, %v; want that it %q", file, written, err, c.want)
				}
				if checked := Check(file); checked == nil || checked.Error() != err.Error() {
					t.Errorf("%s: checked, it is %v", file, checked)
				}
			}
			if after, err := os.Lstat(node); err != nil || !os.SameFile(before, after) {
				t.Errorf("it is gone: %v", err)
			}
			only(t, dir, "link", "node")
		})
	}
}

// mknod makes a device that no driver is behind.
func mknod(name string, kind uint32) error {
	return syscall.Mknod(name, kind|0o600, 250<<8|250)
}

// TestLink: a link is followed to a file of its own owner, and stays.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	must(t, os.WriteFile(file, []byte("before"), 0o600))
	must(t, os.Symlink("real", link))
	must(t, Write(link, Private, Text([]byte("after"))))
	if text, _ := read(t, file); text != "after" {
		t.Errorf("the file behind the link is %q", text)
	}
	if to, err := os.Readlink(link); err != nil || to != "real" {
		t.Errorf("the link is %q, %v", to, err)
	}
}

// TestForeignLink: somebody's link to root's file is not followed by root.
func TestForeignLink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	must(t, os.WriteFile(file, []byte("before"), 0o600))
	must(t, os.Symlink("real", link))
	must(t, os.Lchown(link, 12345, 12345))
	err := Write(link, Private, Text([]byte("after")))
	if text, _ := read(t, file); text != "before" || err == nil || !strings.Contains(err.Error(), "symbolic link of user 12345 to a file of root (user 0)") {
		t.Errorf("%q, %v", text, err)
	}
}

// TestClean: what a killed process left is removed by the next, what another still
// writes is not, nor is what is somebody else's or has another name.
func TestClean(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * abandoned)
	for name, at := range map[string]time.Time{
		".page.html.mailprobe-1-1":  old,
		".other.prom.mailprobe-2-2": old,
		".page.html.mailprobe-3-3":  time.Now(),
		"page.html.mailprobe-4-4":   old,
		".page.html.5":              old,
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		must(t, os.Chtimes(filepath.Join(dir, name), at, at))
	}
	must(t, Write(filepath.Join(dir, "page.html"), Private, Text(nil)))
	only(t, dir, ".page.html.5", ".page.html.mailprobe-3-3", "page.html", "page.html.mailprobe-4-4")
}

// TestFolder: a folder is made for its owner alone, and one of somebody else refused.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "state")
	for range 2 {
		must(t, Folder(dir))
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	must(t, os.Chown(dir, 12345, 12345))
	if err := Folder(dir); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "belongs to user 12345, and this runs as root (user 0): run it as user 12345") {
		t.Errorf("a folder of somebody else: %v", err)
	}
}

// TestRead: a pipe is not waited for, a device not read, and there is a limit.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	file, pipe := filepath.Join(dir, "file"), filepath.Join(dir, "pipe")
	must(t, os.WriteFile(file, []byte("text"), 0o600))
	must(t, syscall.Mkfifo(pipe, 0o600))
	if text, info, err := Read(file, 4); err != nil || string(text) != "text" || info.Size() != 4 {
		t.Errorf("%q, %v", text, err)
	}
	for name, want := range map[string]string{pipe: "is no regular file", "/dev/zero": "is no regular file", file: "has more than 3 bytes", dir + "/none": "no such file"} {
		if text, _, err := Read(name, 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want that it %s", name, text, err, want)
		}
	}
}
