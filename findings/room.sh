# Sourced by the scripts here. As root on Debian 12, it unpacks packages of exact
# versions and their dependencies into a temporary folder, and runs commands there in a
# network namespace that has a loopback device only.

room=$(mktemp -d "${TMPDIR:-/tmp}/finding.XXXXXX")
trap 'rm -rf "$room"' EXIT
chmod 755 "$room"
[ "$(id -u)" = 0 ] || { echo "this needs root, for chroot and a network of its own" >&2; exit 2; }

# unpack PACKAGE=VERSION ... fills the room.
unpack() {
	mkdir -p "$room/archives/partial"
	: >"$room/none" # as if nothing was installed, so that libraries come along
	apt-get -qq -o APT::Sandbox::User=root -o Dir::State::status="$room/none" -o Dir::Cache::archives="$room/archives" \
		--no-install-recommends --download-only -y install "$@" bash coreutils util-linux grep >/dev/null || exit 2
	for archive in "$room"/archives/*.deb; do
		dpkg -x "$archive" "$room" || exit 2
	done
	mkdir -p "$room/proc" "$room/dev" "$room/tmp" "$room/run" "$room/etc"
	mknod -m 666 "$room/dev/null" c 1 3
	mknod -m 666 "$room/dev/urandom" c 1 9
	printf '127.0.0.1 localhost\n' >"$room/etc/hosts"
}

# inside runs a shell script of standard input in the room, for a minute at most.
# All that it started ends with it.
inside() {
	timeout -k 1 60 unshare --net --pid --mount --fork --kill-child sh -c \
		"ip link set lo up; mount -t proc proc '$room/proc'; exec chroot '$room' /bin/bash -s"
}

# expect TEXT FILE ends the script where a file lacks a text.
expect() {
	grep -qF -- "$1" "$2" || { echo "changed: \"$1\" is not in what was seen:"; cat "$2"; exit 1; }
}
