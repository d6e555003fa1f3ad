package report

import (
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"

	"mailprobe/probe"
)

// GatherRun returns what WriteRun writes, for client_golang, which has a binary format, too.
// The metrics share labels with each other and must not be changed.
func GatherRun(o Options, results []*probe.Result, metrics ...Metric) []*dto.MetricFamily {
	var g gathering
	exposeRun(&g, o, results, metrics)
	return g.families
}

// gathering is an exposition in memory.
type gathering struct {
	families   []*dto.MetricFamily
	name, help string
	begun      bool
	shared     map[string][]*dto.LabelPair // by their text
}

func (g *gathering) begin(name, help string) { g.name, g.help, g.begun = name, help, false }

func (g *gathering) add(shared, own string, value float64) {
	if !g.begun {
		g.begun = true
		name, help := g.name, g.help
		g.families = append(g.families, &dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum()})
	}
	common, known := g.shared[shared]
	if !known {
		if g.shared == nil {
			g.shared = map[string][]*dto.LabelPair{}
		}
		common = slices.Clip(appendPairs(nil, shared))
		g.shared[shared] = common
	}
	f := g.families[len(g.families)-1]
	f.Metric = append(f.Metric, &dto.Metric{Label: appendPairs(common, own), Gauge: &dto.Gauge{Value: &value}})
}

// appendPairs reads labels in text form, as label writes them, and appends them.
func appendPairs(pairs []*dto.LabelPair, text string) []*dto.LabelPair {
	for text != "" {
		name, rest, _ := strings.Cut(text, `="`)
		end := endOfValue(rest)
		value := unescapeLabel.Replace(rest[:end])
		pairs = append(pairs, &dto.LabelPair{Name: &name, Value: &value})
		text = strings.TrimPrefix(rest[min(end+1, len(rest)):], ",")
	}
	return pairs
}

// endOfValue returns where the value of a label ends: at the first quotation mark that is
// not escaped.
func endOfValue(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}

// unescapeLabel undoes labelEscapes.
var unescapeLabel = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n")
