package main

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// A helpText is what a tool says of its flags, and how they are found in it.
type helpText struct {
	tool    string // as foreignFlags has it
	command string // of mailprobe
	print   string // a shell command that prints the text
	lines   string // of flags
	flag    string // a flag in them, or several letters
	least   int    // how many flags are found at least
}

const (
	helpLines = `(?m)^ {1,11}-.*$`
	helpFlag  = `(?:^|[ ,])(--?[A-Za-z][\w-]*)`
	// getOptions prints where a program in Perl declares its options.
	getOptions = "sed -n '/GetOptions(/,/);/p' "
	perlLines  = `"(?:\w\|)?[\w-]+(?:[=!:+]\w?)?"\s*(?:=>|,)\s*\\`
)

var helpTexts = []helpText{
	{"swaks", "smtp", "swaks --help", `(?m)^ {7,11}-[^"\n]*$`, helpFlag, 110},
	{"check_smtp", "smtp", "/usr/lib/nagios/plugins/check_smtp --help", helpLines, helpFlag, 30},
	{"check_imap", "imap", "/usr/lib/nagios/plugins/check_imap --help", helpLines, helpFlag, 30},
	{"check_pop", "pop3", "/usr/lib/nagios/plugins/check_pop --help", helpLines, helpFlag, 30},
	{"check_icmp", "ping", "/usr/lib/nagios/plugins/check_icmp --help", helpLines, helpFlag, 12},
	{"posttls-finger", "smtp", "posttls-finger 2>&1", `\[-[^\]]*\]|-k certfile|-K keyfile`, `-(\w+)`, 20},
	{"check_smtp_send", "smtp", getOptions + "/usr/lib/nagios/plugins/check_smtp_send", perlLines, `(\w\|)?([\w-]{2,})(!?)`, 20},
	{"check_imap_receive", "imap", getOptions + "/usr/lib/nagios/plugins/check_imap_receive", perlLines, `(\w\|)?([\w-]{2,})(!?)`, 30},
	{"check_email_delivery", "deliver", getOptions + "/usr/lib/nagios/plugins/check_email_delivery", perlLines, `(\w\|)?([\w-]{2,})(!?)`, 30},
	{"fping", "ping", "fping --help", `(?m)^ {3}-.{0,19}`, helpFlag, 60},
	{"mtr", "trace", "mtr --help", `(?m)^ {1,5}-.{0,24}`, helpFlag, 50},
}

// TestForeignComplete: each flag that a tool says it has is one of mailprobe's, or mailprobe
// says what does the same, or that nothing does.
func TestForeignComplete(t *testing.T) {
	for _, h := range helpTexts {
		t.Run(h.tool, func(t *testing.T) {
			program, _, _ := strings.Cut(strings.TrimPrefix(h.print, getOptions), " ")
			reporttest.Tool(t, program)
			cmd := exec.Command("sh", "-c", h.print)
			cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin", "LC_ALL=C")
			text, err := cmd.Output()
			flags := h.flags(string(text))
			if len(flags) < h.least {
				t.Fatalf("%d flags are found, %v: %q in\n%s", len(flags), err, flags, text)
			}
			root := newRoot(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}, []string{h.command})
			cmdOf, _, err := root.Find([]string{h.command})
			if err != nil {
				t.Fatal(err)
			}
			cmdOf.InitDefaultHelpFlag()
			for _, flag := range flags {
				name := strings.TrimLeft(flag, "-")
				ours := len(name) > 1 && len(flag) == len(name)+2 && cmdOf.Flags().Lookup(name) != nil || len(name) == 1 && cmdOf.Flags().ShorthandLookup(name) != nil
				if !ours && knownElsewhere(h.command, flag) == "" {
					t.Errorf("mailprobe %s knows nothing of %s's %s", h.command, h.tool, flag)
				}
			}
		})
	}
}

// flags are the flags that a text has, each once.
func (h *helpText) flags(text string) (all []string) {
	flag := regexp.MustCompile(h.flag)
	for _, line := range regexp.MustCompile(h.lines).FindAllString(text, -1) {
		for _, m := range flag.FindAllStringSubmatch(line, -1) {
			switch {
			case len(m) == 4:
				if m[1] != "" {
					all = append(all, "-"+m[1][:1])
				}
				if all = append(all, "--"+m[2]); m[3] != "" {
					all = append(all, "--no"+m[2])
				}
			case m[1][0] != '-':
				for _, letter := range m[1] {
					all = append(all, "-"+string(letter))
				}
			default:
				all = append(all, m[1])
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
