//go:build !unix

package atomicfile

import "io/fs"

// Without numbers of users everything counts as this user's own: the system itself
// decides who may write where.

func owner(fs.FileInfo) int { return 0 }

func self() int { return 0 }

func ownerName(fs.FileInfo) string { return "its owner" }

func selfName() string { return "this user" }
