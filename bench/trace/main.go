//go:build linux

// Command trace measures traces against mtr's on the same chain of routers, with the
// rate limits that Linux has by default, and prints a table. It needs root, and works in
// network namespaces that it makes for itself. With -- COMMAND it runs that at the begin
// of the chain instead.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"mailprobe/bench/measure"
	"mailprobe/bench/tun"
)

// hops is how long the chain is.
const hops = 5

func main() {
	runs := flag.Int("runs", 5, "runs of each program; the median counts")
	flag.Parse()
	if err := bench(*runs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(runs int, command []string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "mailprobe")
	if err := measure.Build(program, "mailprobe/cmd/mailprobe"); err != nil {
		return err
	}
	chain, err := tun.OpenChain(hops)
	if err != nil {
		return err
	}
	defer chain.Close()
	host, _ := chain.Host()
	if len(command) > 0 {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		return cmd.Run()
	}
	return race(runs, []contender{
		{"mailprobe trace -n -c 3", []string{program, "trace", "-n", "-c", "3", host}},
		{"mtr -rwnc 3", []string{"mtr", "-rwnc", "3", host}},
	})
}

// A contender is a program that traces the path to the host.
type contender struct {
	name string
	argv []string
}

// settle is how long the limits of routers take until they are made good.
const settle = 4 * time.Second

// lossy finds a loss in what a program says of a hop.
var lossy = regexp.MustCompile(`(?m)^ *\d+\S* .*?\b([0-9.]+)%`)

// race runs the contenders in turn, several times, and prints the median of each, what
// part of it the first one takes, and how many hops lost anything.
func race(runs int, all []contender) error {
	took := make([][]time.Duration, len(all))
	losses := make([]int, len(all))
	for range runs {
		for i, c := range all {
			time.Sleep(settle)
			begin := time.Now()
			out, err := exec.Command(c.argv[0], c.argv[1:]...).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s: %w\n%s", c.name, err, out)
			}
			took[i] = append(took[i], time.Since(begin))
			shown := lossy.FindAllStringSubmatch(string(out), -1)
			if len(shown) != hops {
				return fmt.Errorf("%s shows %d hops, not %d:\n%s", c.name, len(shown), hops, out)
			}
			for _, m := range shown {
				if strings.Trim(m[1], "0.") != "" {
					losses[i]++
				}
			}
		}
	}
	for i, c := range all {
		slices.Sort(took[i])
		first, own := took[0][runs/2], took[i][runs/2]
		fmt.Printf("| %s | %.3f s | x%.3f | %d of %d hops with loss |\n", c.name, own.Seconds(), first.Seconds()/own.Seconds(), losses[i], hops*runs)
	}
	return nil
}
