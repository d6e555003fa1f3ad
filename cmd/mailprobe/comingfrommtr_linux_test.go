package main

var mtrMoves = []moves{
	{"The path", []move{
		{theirs: "mtr -r mx.example.org", ours: "mailprobe trace -c 10 mx.example.org", about: "the report of ten rounds; without `-c` there are 3 here", codes: "0 / 0", shows: [2]string{`3\.\|-- 10\.0\.3\.2 +0\.0% +10`, `3 +0% +10 .*10\.0\.3\.2`}},
		{theirs: "mtr -r -w -c 3 mx.example.org", ours: "mailprobe trace mx.example.org", about: "long names: they are never cut here", codes: "0 / 0", shows: [2]string{`3\.\|--`, `reached over 3 hops`}},
		{theirs: "mtr -r -n -c 3 mx.example.org", ours: "mailprobe trace -n mx.example.org", about: "no names of routers", codes: "0 / 0", shows: [2]string{`10\.0\.1\.2`, `10\.0\.1\.2`}},
		{theirs: "mtr -r -b -c 3 mx.example.org", ours: "mailprobe trace mx.example.org", about: "names and addresses, always both", codes: "0 / 0", shows: [2]string{`10\.0\.1\.2`, `10\.0\.1\.2`}},
		{theirs: "mtr -r -4 -c 1 mx.example.org", ours: "mailprobe trace -4 -c 1 mx.example.org", about: "one round, IPv4 alone", codes: "0 / 0", shows: [2]string{`10\.0\.3\.2`, `10\.0\.3\.2`}},
		{theirs: "mtr -r -c 2 -i 0.2 mx.example.org", ours: "mailprobe trace -c 2 -i 200ms mx.example.org", about: "the time between rounds: 1 s there, 100 ms here", codes: "0 / 0", shows: [2]string{`10\.0\.3\.2`, `reached over 3 hops`}},
		{theirs: "mtr -r -c 1 -G 1 mx.example.org", ours: "mailprobe trace -c 1 -W 1s mx.example.org", about: "how long to wait for the last answers: 5 s there, 1 s here", codes: "0 / 0", shows: [2]string{`10\.0\.3\.2`, `reached over 3 hops`}},
		{theirs: "mtr -r -c 1 -f 2 mx.example.org", ours: "mailprobe trace -c 1 --first-hop 2 mx.example.org", about: "from a hop on", codes: "0 / 0", shows: [2]string{`HOST.*\n +2\.\|--`, `HOP.*\n +2 `}},
		{theirs: "mtr -r -c 1 -m 2 mx.example.org", ours: "mailprobe trace -c 1 --max-hops 2 mx.example.org", about: "up to a hop: as the host is not reached, that is CRITICAL here", codes: "0 / 2", shows: [2]string{`2\.\|-- 10\.0\.2\.2.*\n\z`, `nobody answers beyond hop 2`}},
		{theirs: "mtr -r -c 1 -U 3 mx.example.org", ours: "mailprobe trace -c 1 --max-unknown 3 mx.example.org", about: "how many silent hops to look past", codes: "0 / 0", shows: [2]string{`10\.0\.3\.2`, `reached over 3 hops`}},
		{theirs: "mtr -r -c 1 -s 500 mx.example.org", ours: "mailprobe trace -c 1 --size 472 mx.example.org", about: "the size: of the packet there, of its payload here, which is 28 bytes less", codes: "0 / 0", shows: [2]string{`10\.0\.3\.2`, `reached over 3 hops`}},
		{theirs: "mtr -r -c 1 -a 10.0.1.1 mx.example.org", ours: "mailprobe trace -c 1 --source 10.0.1.1 mx.example.org", about: "from an address of one's own", codes: "0 / 0", shows: [2]string{`10\.0\.3\.2`, `reached over 3 hops`}},
	}},
	{"Which hop filters the port", []move{
		{alone: true, theirs: "mtr -r -c 1 -T -P 25 mx.example.org", ours: "mailprobe trace -c 1 --tcp 25 mx.example.org", about: "port 25 is filtered on the way: mtr leaves a gap, mailprobe names the hop", codes: "0 / 2", shows: [2]string{`2\.\|-- \?\?\?`, `port 25 is filtered at or after hop 1 \(10\.0\.1\.2\)`}},
		{alone: true, theirs: "mtr -r -c 1 -T -P 587 mx.example.org", ours: "mailprobe trace -c 1 --tcp 587 mx.example.org", about: "the port is closed: for mtr the host answers, for mailprobe it refuses", codes: "0 / 2", shows: [2]string{`3\.\|-- 10\.0\.3\.2 +0\.0%`, `port 587 is refused by the host`}},
		{theirs: "mtr -r -c 1 -u mx.example.org", ours: "mailprobe trace -c 1 --udp mx.example.org", about: "by UDP", codes: "0 / 0", shows: [2]string{`10\.0\.3\.2`, `port 33434 is closed`}},
		{theirs: "mtr -r -c 1 -u -P 33500 mx.example.org", ours: "mailprobe trace -c 1 --udp=33500 mx.example.org", about: "to a port of your choice", codes: "0 / 0", shows: [2]string{`10\.0\.3\.2`, `port 33500 is closed`}},
		{theirs: "mtr -r -c 1 10.0.3.99", ours: "mailprobe trace -c 1 10.0.3.99", about: "a host that is not there: mtr's exit code does not say so", codes: "0 / 2", shows: [2]string{`10\.0\.2\.2`, `the path ends behind hop 2`}},
		{theirs: "mtr -r -c 1 nosuch.example.org", ours: "mailprobe trace -c 1 nosuch.example.org", about: "nor of a name", codes: "0 / 2", shows: [2]string{`Failed to resolve host`, `does not exist in DNS`}},
	}},
	{"For programs", []move{
		{theirs: "mtr -j -c 1 mx.example.org", ours: "mailprobe trace -c 1 -o json mx.example.org", about: "JSON", codes: "0 / 0", shows: [2]string{`"Loss%": 0\.0`, `"name": "loss"`}},
		{theirs: "mtr -C -c 1 mx.example.org", ours: "mailprobe trace -c 1 -o csv mx.example.org", about: "CSV: a line for each hop there, for each number here", codes: "0 / 0", shows: [2]string{`^Mtr_Version,`, `hop-3,10\.0\.3\.2,OK,rtt_avg,`}},
		{theirs: "mtr -l -c 1 mx.example.org", ours: "mailprobe trace -c 1 -o jsonl mx.example.org", about: "lines for another program", codes: "0 / 0", shows: [2]string{`h 0 10\.0\.1\.2`, `"item":"hop"`}},
	}},
}
