package probe

import (
	"fmt"
	"strings"
	"testing"
)

// TestTargetID holds the hash to values that Python's hashlib has computed: shards are the
// same on every platform and in every release.
func TestTargetID(t *testing.T) {
	for _, c := range []struct {
		canonical string
		id        uint64
		shards    [3]int // of 16, 7 and 1000
	}{
		{"example.org", 0xbfabc37432958b06, [3]int{7, 5, 863}},
		{"mx.example.org", 0x1474aa2ed5f1f7fd, [3]int{14, 4, 22}},
		{"192.0.2.1", 0x37fcff24bf62035b, [3]int{12, 7, 972}},
		{"2001:db8::1", 0x5afd19e856d1c18d, [3]int{14, 6, 430}},
		{"fe80::1%eth0", 0x016a8c975c3c87db, [3]int{12, 6, 620}},
		{"xn--mnchen-3ya.example", 0x41a58dc230f4671e, [3]int{15, 5, 471}},
		{"smtp://mx.example.org:25", 0xf3a971b77cd44b65, [3]int{6, 4, 886}},
		{"submission://mx.example.org:587", 0x16dcd056d06c6d2f, [3]int{16, 2, 544}},
		{"smtps://mx.example.org:465", 0xdc438c0b25fa7559, [3]int{10, 7, 802}},
		{"lmtp://mx.example.org:24", 0x47c7970173114778, [3]int{9, 6, 721}},
		{"imaps://alice@mail.example.org:993", 0x4e052e7a82e89712, [3]int{3, 7, 203}},
		{"imaps://alice%40example.org@mail.example.org:993", 0x2942efc1c841daca, [3]int{11, 1, 315}},
		{"pop3://[2001:db8::1]:110", 0x4ec5bb16380c34c3, [3]int{4, 6, 900}},
		{"smtp://[fe80::1%25eth0]:25", 0x38d8c52392f82884, [3]int{5, 5, 181}},
	} {
		id := TargetID(c.canonical)
		if id != c.id {
			t.Errorf("%s has %#x, want %#x", c.canonical, id, c.id)
		}
		for i, of := range []int{16, 7, 1000} {
			for number := 1; number <= of; number++ {
				if has, want := (Shard{number, of}).Has(id), number == c.shards[i]; has != want {
					t.Errorf("%s is in shard %d/%d: %v, want %v", c.canonical, number, of, has, want)
				}
			}
		}
	}
}

func TestCanonical(t *testing.T) {
	hosts := Kind{Name: "ping"}
	for _, c := range []struct {
		kind       Kind
		text, want string
	}{
		{hosts, "Example.ORG.", "example.org"},
		{hosts, "münchen.example", "xn--mnchen-3ya.example"},
		{hosts, "2001:DB8:0::1", "2001:db8::1"},
		{hosts, "::ffff:192.0.2.1", "192.0.2.1"},
		{hosts, "fe80::1%eth0", "fe80::1%eth0"},
		{smtpKind(), "MX.example.org", "smtp://mx.example.org:25"},
		{smtpKind(), "mx.example.org.:25", "smtp://mx.example.org:25"},
		{smtpKind(), "smtp://mx.example.org/", "smtp://mx.example.org:25"},
		{smtpKind(), "mx.example.org:2525", "smtp://mx.example.org:2525"},
		{smtpKind(), "smtps://mx.example.org", "smtps://mx.example.org:465"},
		{smtpKind(), "smtp://[2001:DB8::1]", "smtp://[2001:db8::1]:25"},
		{smtpKind(), "smtp://[fe80::1%25eth0]", "smtp://[fe80::1%25eth0]:25"},
		{smtpKind(), "Ann@example.org@mx.example.org", "smtp://Ann%40example.org@mx.example.org:25"},
		{smtpKind(), "smtp://a%2Cb%20%1b@mx", "smtp://a%2Cb%20%1B@mx:25"},
	} {
		target, err := c.kind.ParseTarget(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if got := target.Canonical(); got != c.want {
			t.Errorf("%s is %s, want %s", c.text, got, c.want)
		}
	}
}

// TestShardsShare makes sure that each target is in one shard, and that none has a much
// larger share than others.
func TestShardsShare(t *testing.T) {
	const targets, of = 16_000, 16
	var share [of]int
	for i := range targets {
		id := TargetID(fmt.Sprintf("smtp://mx%d.example.org:25", i))
		in := 0
		for s := range of {
			if (Shard{s + 1, of}).Has(id) {
				share[s]++
				in++
			}
		}
		if in != 1 {
			t.Fatalf("target %d is in %d shards", i, in)
		}
	}
	for s, n := range share {
		if n < 850 || n > 1150 {
			t.Errorf("shard %d has %d of %d targets", s+1, n, targets)
		}
	}
}

func TestShardSet(t *testing.T) {
	for text, want := range map[string]string{
		"1/1": "", "3/16": "", "16/16": "", "1048576/1048576": "",
		"": "the third of 16 shards is 3/16", "3": "the third of 16", "3/": "the third of 16", "/16": "the third of 16",
		"0/16": "numbered from 1 to 16", "17/16": "numbered from 1 to 16", "1/0": "1 to 1048576 would be right",
		"1/1048577": "1 to 1048576 would be right", "-1/16": "the third of 16", "+1/16": "the third of 16", "1/16/2": "the third of 16", "a/b": "the third of 16",
		"99999999999999999999/16": "the third of 16",
	} {
		var s Shard
		err := s.Set(text)
		switch {
		case want == "" && (err != nil || s.String() != text):
			t.Errorf("%s: %v, %s", text, err, s.String())
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// BenchmarkShard1000000 is what the targets of other shards cost.
func BenchmarkShard1000000(b *testing.B) {
	kind, shard := smtpKind(), Shard{3, 16}
	texts := make([]string, 1000)
	for i := range texts {
		texts[i] = fmt.Sprintf("mx%d.example.org", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		for i := range 1_000_000 {
			target, err := kind.ParseTarget(texts[i%len(texts)])
			if err != nil {
				b.Fatal(err)
			}
			shard.Has(TargetID(target.Canonical()))
		}
	}
}
