// Sbom writes what a program built by Go is made of: a bill of materials in the format of
// CycloneDX 1.6, from what `go version -m` shows, and the copyright file of a Debian
// package with the licence of every module that is linked.
//
// Usage: sbom [-copyright FILE] [-sbom FILE] PROGRAM
//
// The modules are those of the current directory's go.mod, whose texts it reads from Go's
// module cache. A module whose licence it does not know ends it.
package main

import (
	"bytes"
	"debug/buildinfo"
	"flag"
	"fmt"
	"os"
)

func main() {
	sbom := flag.String("sbom", "", "write the bill of materials to this `file`")
	copyright := flag.String("copyright", "", "write the copyright file to this `file`")
	version := flag.String("version", "", "the `version` of the program, where the build does not say")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *version, *sbom, *copyright); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(program, version, sbom, copyright string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	if version != "" {
		info.Main.Version = version
	}
	modules, err := linked(info)
	if err != nil {
		return err
	}
	if sbom != "" {
		var text bytes.Buffer
		if err := writeBOM(&text, info, modules); err != nil {
			return err
		}
		if err := os.WriteFile(sbom, text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if copyright == "" {
		return nil
	}
	return os.WriteFile(copyright, []byte(copyrightFile(modules)), 0o644)
}
