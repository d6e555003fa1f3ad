package delivery

import (
	"strings"
	"testing"
	"time"
)

func at(clock string) time.Time {
	t, err := time.Parse(time.DateTime, "2026-11-23 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// The fields are as these servers write them.
func TestParseReceived(t *testing.T) {
	for name, test := range map[string]struct {
		field string
		want  hop
	}{
		"Postfix": {
			"from mx1.example.org (mx1.example.org [192.0.2.25]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519) by mx2.example.net (Postfix) with ESMTPS id 4fXyz1Abc for <alice@example.net>; Mon, 23 Nov 2026 04:45:11 +0000 (UTC)",
			hop{From: "mx1.example.org", By: "mx2.example.net", With: "ESMTPS", ID: "4fXyz1Abc", TLS: "TLSv1.3 TLS_AES_256_GCM_SHA384", At: at("04:45:11")},
		},
		"Dovecot": {
			"from mx2.example.net by mx2.example.net with LMTP id aB3cD+efghIjAAAAxyz (envelope-from <bob@example.org>) for <alice@example.net>; Mon, 23 Nov 2026 04:45:11 +0000",
			hop{From: "mx2.example.net", By: "mx2.example.net", With: "LMTP", ID: "aB3cD+efghIjAAAAxyz", At: at("04:45:11")},
		},
		"Exim": {
			"from [192.0.2.7] (helo=host) by mail.example.org with esmtpsa (TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256) (Exim 4.96) id 1rABCD-0001xy-2K; Mon, 23 Nov 2026 05:45:11 +0100",
			hop{From: "[192.0.2.7]", By: "mail.example.org", With: "esmtpsa", ID: "1rABCD-0001xy-2K", TLS: "TLS1.3 ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM", At: at("04:45:11")},
		},
		"Exchange": {
			"from A.example.com (2001:db8::1) by B.example.com (2001:db8::2) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.1.2; Mon, 23 Nov 2026 04:45:11 +0000",
			hop{From: "A.example.com", By: "B.example.com", With: "Microsoft", ID: "15.20.1.2", TLS: "TLS1_2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", At: at("04:45:11")},
		},
		"local":             {"by mx.example.org (Postfix, from userid 0) id 4f; Mon, 23 Nov 2026 04:45:11 +0000", hop{By: "mx.example.org", ID: "4f", At: at("04:45:11")}},
		"no date":           {"from a by b with SMTP", hop{From: "a", By: "b", With: "SMTP"}},
		"semicolon inside":  {"from a (x; by c) by b; Mon, 23 Nov 2026 04:45:11 +0000", hop{From: "a", By: "b", At: at("04:45:11")}},
		"open comment":      {"from a (by b with c; Mon, 23 Nov 2026 04:45:11 +0000", hop{From: "a"}},
		"keyword in a name": {"from by by with; soon", hop{From: "by", By: "with"}},
		"empty":             {"", hop{}},
	} {
		got := parseReceived(test.field)
		if !got.At.Equal(test.want.At) {
			t.Errorf("%s: time %s", name, got.At)
		}
		if got.At = test.want.At; got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// Times that cannot be are skew, and never make a negative delay.
func TestLegs(t *testing.T) {
	sent, seen := at("12:00:00").Add(400*time.Millisecond), at("12:00:10")
	for name, test := range map[string]struct {
		clocks string
		want   string
	}{
		"as it should be":      {"12:00:01 12:00:04", "600ms/0s 3s/0s"},
		"within the second":    {"12:00:00 12:00:00", "0s/0s 0s/0s"},
		"a clock behind":       {"11:59:50 12:00:04", "0s/-10.4s 3.6s/0s"},
		"a clock ahead":        {"12:05:00 12:00:04", "9.6s/4m50s 0s/-6s"},
		"behind the one ahead": {"12:00:05 12:00:02", "4.6s/0s 0s/-3s"},
		"without a time":       {"- 12:00:04", "unknown 3.6s/0s"},
	} {
		var hops []hop
		for clock := range strings.FieldsSeq(test.clocks) {
			var h hop
			if clock != "-" {
				h.At = at(clock)
			}
			hops = append(hops, h)
		}
		var got []string
		var total time.Duration
		for _, l := range legs(hops, sent, seen) {
			total += l.Delay
			if !l.Known {
				got = append(got, "unknown")
				continue
			}
			got = append(got, l.Delay.String()+"/"+l.Skew.String())
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%s: got %s, want %s", name, text, test.want)
		}
		if total > seen.Sub(sent) {
			t.Errorf("%s: the parts are %s, the whole is %s", name, total, seen.Sub(sent))
		}
	}
}

func FuzzReceived(f *testing.F) {
	f.Add("from a (b [192.0.2.1]) (using TLSv1.3 with cipher X) by c (Postfix) with ESMTPS id d for <e>; Mon, 23 Nov 2026 04:45:11 +0000 (UTC)")
	f.Add("from a (((( by b; x")
	f.Add(")))(((;;;")
	f.Add("by\tb with\r\n x id")
	f.Fuzz(func(t *testing.T, field string) {
		h := parseReceived(field)
		for _, part := range []string{h.From, h.By, h.With, h.ID} {
			if !strings.Contains(field, part) || strings.ContainsAny(part, " \t\r\n") {
				t.Errorf("%q is no word of %q", part, field)
			}
		}
		seen := time.Now()
		for _, l := range legs([]hop{h, h}, seen.Add(-time.Minute), seen) {
			if l.Delay < 0 || l.Delay > time.Minute {
				t.Errorf("a delay of %s", l.Delay)
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte("A: b\r\n c\r\n: d\r\nE\r\n\r\nF: g\r\n"))
	f.Add([]byte(" leading\n\tfold\nA:\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, field := range parseHeader(text) {
			if strings.ContainsAny(field.Name+field.Value, "\n") {
				t.Errorf("a line break in %q: %q", field.Name, field.Value)
			}
		}
		head, body := splitMessage(text)
		if string(head)+string(body) != string(text) {
			t.Error("the parts are not the whole")
		}
	})
}
