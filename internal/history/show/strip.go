package show

import (
	"fmt"
	"strings"
	"time"
)

// Strip is a row of bars in a few paths, for pages with many rows: Bars without a title
// for each.
type Strip struct {
	Width int
	Label string
	Paths []StripPath
	// Start is the beginning of the first bar, Each the seconds from one to the next.
	Start string
	Each  int
	// Notes are what is to be said of bars that are not all OK, one a line: the number of
	// the bar, a blank and the text.
	Notes string
}

// StripPath has the parts of one class: as strokes from top to bottom or, with the class
// "whole", as one stroke along whole bars that a dash pattern divides.
type StripPath struct{ Class, D string }

// Strip returns the bars of a check as a strip.
func (d *Data) Strip(c Check) Strip {
	bars := d.Bars(c)
	s := strips{of: map[string]*strings.Builder{}, last: map[string]Part{}}
	var notes []string
	for i, b := range bars.Bars {
		if len(b.Parts) == 1 && b.Parts[0].Width == barWidth {
			s.run(b.Parts[0], i)
			continue
		}
		for _, p := range b.Parts {
			s.stroke(p)
		}
		_, said, _ := strings.Cut(b.Title, ": ")
		notes = append(notes, fmt.Sprintf("%d %s", i, said))
	}
	return Strip{
		Width: bars.Width, Label: bars.Label, Paths: s.paths(), Notes: strings.Join(notes, "\n"),
		Start: d.slots()[0].Format(time.RFC3339), Each: int(d.Each / time.Second),
	}
}

// strips collects the paths of a strip by class.
type strips struct {
	order []string
	of    map[string]*strings.Builder
	last  map[string]Part // drawn last in a class
	whole string          // the class of the run that goes on, empty for none
	begin int             // where it began
	end   int             // the bar after its last
}

func (s *strips) path(class string) *strings.Builder {
	if s.of[class] == nil {
		s.of[class] = &strings.Builder{}
		s.order = append(s.order, class)
	}
	return s.of[class]
}

// run draws a bar that is all of one class.
func (s *strips) run(p Part, i int) {
	if class := p.Class + " whole"; s.whole != class || s.end != i {
		s.close()
		s.whole, s.begin = class, i
	}
	s.end = i + 1
}

// close ends the run that goes on.
func (s *strips) close() {
	if s.whole != "" {
		fmt.Fprintf(s.path(s.whole), "M%d 16h%d", s.begin*barStep, (s.end-s.begin)*barStep-(barStep-barWidth))
		s.whole = ""
	}
}

// stroke draws a part from top to bottom, relative to the end of the one before.
func (s *strips) stroke(p Part) {
	class := p.Class
	if p.Class == "ok" {
		class = "ok part"
	}
	p.X += p.Width / 2
	path, last := s.path(class), s.last[class]
	if path.Len() == 0 {
		fmt.Fprintf(path, "M%d %dv%d", p.X, p.Y, p.Height)
	} else {
		fmt.Fprintf(path, "m%d %dv%d", p.X-last.X, p.Y-last.Y-last.Height, p.Height)
	}
	s.last[class] = p
}

func (s *strips) paths() []StripPath {
	s.close()
	var all []StripPath
	for _, class := range s.order {
		all = append(all, StripPath{class, s.of[class].String()})
	}
	return all
}
