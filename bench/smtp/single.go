package main

import "mailprobe/bench/measure"

// single measures the memory of one plain check. Its time is measured by bench/start.
func (b *bench) single() error {
	most, err := b.most(1, "--tls=off", "-q")
	if err == nil {
		b.table.Add(measure.Row{Figure: "one plain check, peak memory", Mine: mebibytes(most), Goal: measure.Verdict("under 20 MiB", most < 20<<20)})
	}
	return err
}
