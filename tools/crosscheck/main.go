// Crosscheck type-checks the packages of a folder, and their tests, for other systems:
//
//	crosscheck FOLDER SYSTEM...
//
// Building for another system would compile every dependency for it; here only the
// declarations of those are read.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	root, err := filepath.Abs(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	faults := 0
	for _, system := range os.Args[2:] {
		faults += check(root, system)
	}
	if faults > 0 {
		os.Exit(1)
	}
}

// check returns the number of errors for one system, which it prints.
func check(root, system string) int {
	pkgs, err := packages.Load(&packages.Config{
		Mode:  packages.LoadAllSyntax,
		Dir:   root,
		Env:   append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0"),
		Tests: true,
		ParseFile: func(fset *token.FileSet, name string, text []byte) (*ast.File, error) {
			file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
			if file != nil && !strings.HasPrefix(name, root+string(filepath.Separator)) {
				dropBodies(file)
			}
			return file, err
		},
	}, "./...")
	if err != nil {
		fmt.Fprintln(os.Stderr, system+":", err)
		return 1
	}
	faults := 0
	for _, p := range pkgs {
		for _, e := range p.Errors {
			if strings.HasPrefix(e.Pos, root) {
				fmt.Fprintf(os.Stderr, "%s: %s\n", system, e)
				faults++
			}
		}
	}
	return faults
}

// dropBodies leaves only the declarations of a file.
func dropBodies(file *ast.File) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			f.Body = nil
		}
	}
}
