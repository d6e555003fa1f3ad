package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// TestImage: buildah makes the image without a network, whose program runs in it.
func TestImage(t *testing.T) {
	t.Parallel()
	tool := reporttest.Tool(t, "buildah")
	if os.Geteuid() != 0 {
		t.Skip("SKIP images are built as root only")
	}
	dir := t.TempDir()
	buildah := func(args ...string) string {
		t.Helper()
		store := []string{"--storage-driver", "vfs", "--root", filepath.Join(dir, "store"), "--runroot", filepath.Join(dir, "run")}
		out, err := exec.CommandContext(t.Context(), tool, append(store, args...)...).Output()
		if err != nil {
			t.Fatalf("buildah %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	context := filepath.Join(dir, "context")
	output(t, "sh", "image.sh", "--no-build", context)
	arch := strings.TrimSpace(output(t, "go", "env", "GOARCH"))
	buildah("build", "--isolation", "chroot", "--build-arg", "TARGETARCH="+arch, "-t", "mailprobe", "-f", filepath.Join(context, "Containerfile"), context)
	container := buildah("from", "localhost/mailprobe")
	if got := buildah("run", "--isolation", "chroot", container, "--", "/usr/bin/mailprobe", "--version"); !strings.HasPrefix(got, "mailprobe version v") {
		t.Errorf("the program in the image prints %q", got)
	}
	const about = "{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}} {{.OCIv1.Config.ExposedPorts}}"
	if got := buildah("inspect", "--format", about, container); got != "65532:65532 [/usr/bin/mailprobe] [serve --listen :9126] map[9126/tcp:{}]" {
		t.Errorf("the image is %s", got)
	}
	root := buildah("mount", container)
	defer buildah("umount", container)
	for name, mode := range map[string]os.FileMode{
		"usr/bin/mailprobe": 0o755, "etc/ssl/certs/ca-certificates.crt": 0o644, "usr/share/zoneinfo.zip": 0o644,
		"etc/passwd": 0o644, "var/lib/mailprobe": 0o755, "tmp": 0o777,
	} {
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if info, err := os.Stat(filepath.Join(root, "bin/sh")); err == nil {
		t.Errorf("the image has a shell: %v", info)
	}
}
