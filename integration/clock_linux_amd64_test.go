package integration

import (
	"bytes"
	"debug/elf"
	endian "encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// startWithClock starts a program whose clock is off by a time, in whole seconds; its monotonic
// clock goes on as it does everywhere. What a preloaded library cannot do for a static binary,
// as that reads the clock without libc, is done where it does read it: the function of the vDSO,
// of which each process has a copy of its own that only its tracer can write to. It must be
// called with the goroutine locked to its thread.
func startWithClock(cmd *exec.Cmd, off time.Duration) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	pid := cmd.Process.Pid
	var state syscall.WaitStatus
	_, err := syscall.Wait4(pid, &state, 0, nil)
	if err == nil && !state.Stopped() {
		err = fmt.Errorf("it did not stop at its begin: %v", state)
	}
	if err == nil {
		err = setClock(pid, off)
	}
	if err = errors.Join(err, syscall.PtraceDetach(pid)); err != nil {
		_ = cmd.Process.Kill()
	}
	return err
}

// setClock replaces the clock_gettime of a process that is stopped.
func setClock(pid int, off time.Duration) error {
	base, err := vdso(pid)
	if err != nil {
		return err
	}
	image := make([]byte, 2*os.Getpagesize())
	n, err := syscall.PtracePeekData(pid, base, image)
	if err != nil {
		return err
	}
	file, err := elf.NewFile(bytes.NewReader(image[:n]))
	if err != nil {
		return err
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return err
	}
	code := clockCode(off)
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" && s.Size >= uint64(len(code)) {
			_, err := syscall.PtracePokeText(pid, base+uintptr(s.Value), code)
			return err
		}
	}
	return errors.New("the vDSO of this kernel has no clock_gettime, or a shorter one")
}

// vdso returns where the vDSO of a process is.
func vdso(pid int) (uintptr, error) {
	const entry = 33 // AT_SYSINFO_EHDR of getauxval(3)
	all, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid))
	for ; err == nil && len(all) >= 16; all = all[16:] {
		if endian.NativeEndian.Uint64(all) == entry {
			return uintptr(endian.NativeEndian.Uint64(all[8:])), nil
		}
	}
	return 0, errors.Join(err, errors.New("the process has no vDSO"))
}

// clockCode is a clock_gettime that asks the kernel and adds to the seconds of the time of day.
func clockCode(off time.Duration) []byte {
	code := []byte{
		0xb8, 228, 0, 0, 0, // mov eax, SYS_clock_gettime
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi: CLOCK_REALTIME is 0
		0x75, 13, // jnz to the end
		0x48, 0xb9, // mov rcx, the seconds
	}
	code = endian.LittleEndian.AppendUint64(code, uint64(off/time.Second))
	return append(code,
		0x48, 0x01, 0x0e, // add [rsi], rcx
		0xc3, // ret
	)
}
