package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	programs["starve"] = starve
	needs["seccomp"] = func() error { return elsewhere(func() error { return deny(nil, 0) }) }
}

// starved are the system calls and the errors that starve knows.
var (
	starvedCalls  = map[string]uint32{"socket": unix.SYS_SOCKET, "connect": unix.SYS_CONNECT}
	starvedErrors = map[string]syscall.Errno{"ENOMEM": unix.ENOMEM, "ENOBUFS": unix.ENOBUFS}
)

// starve runs a program whose system calls of one kind the kernel answers with an
// error, as where there is no memory: starve CALL ERROR PROGRAM [ARGS].
func starve() {
	err := errors.New("usage: starve CALL ERROR PROGRAM [ARGS]")
	if len(os.Args) > 3 {
		err = starveAnd(os.Args[1], os.Args[2], os.Args[3:])
	}
	fmt.Fprintln(os.Stderr, "starve:", err)
	os.Exit(125)
}

func starveAnd(call, with string, argv []string) error {
	number, known := starvedCalls[call]
	errno, is := starvedErrors[with]
	if !known || !is {
		return fmt.Errorf("%s or %s is not known", call, with)
	}
	program, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	if err := deny([]uint32{number}, errno); err != nil {
		return err
	}
	return syscall.Exec(program, argv, os.Environ())
}

// deny has the kernel answer system calls of this thread, and of what it executes, with
// an error (seccomp(2)).
func deny(calls []uint32, errno syscall.Errno) error {
	runtime.LockOSThread() // never unlocked: the thread is of no use elsewhere
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // the number of the call
	for _, c := range calls {
		program = append(program,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: c},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)})
	}
	program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&filter)))
	if failed != 0 {
		return fmt.Errorf("seccomp: %s", strings.ToLower(failed.Error()))
	}
	return nil
}
