// Command server answers /probe by the built-in modules and those of a file, and nothing
// else: what is measured is the prober.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"

	"mailprobe/imapcheck"
	"mailprobe/internal/suite"
	"mailprobe/internal/web/prober"
	"mailprobe/pingcheck"
	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "the `address`")
	file := flag.String("file", "", "a file with modules")
	flag.Parse()
	kinds := []probe.Kind{smtpcheck.Kind(), pop3check.Kind(), imapcheck.Kind(), pingcheck.Kind()}
	modules := suite.BuiltIn(kinds)
	if *file != "" {
		s, problems, err := suite.Load(*file, kinds)
		if err != nil || len(problems.Errors()) > 0 {
			fmt.Fprintln(os.Stderr, err, problems)
			os.Exit(1)
		}
		modules = s.Modules
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	prober.New(prober.Options{Modules: func() []*suite.Module { return modules }}).Register(http.DefaultServeMux)
	_ = http.Serve(l, nil)
}
