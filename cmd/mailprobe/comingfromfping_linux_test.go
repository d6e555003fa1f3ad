package main

var fpingMoves = []moves{
	{"One host", []move{
		{theirs: "fping 192.0.2.7", ours: "mailprobe ping -c 1 192.0.2.7", about: "is it there; mailprobe sends 5 probes without `-c`", codes: "0 / 0", shows: [2]string{`is alive`, `1 of 1 answered`}},
		{theirs: "fping 192.0.2.99", ours: "mailprobe ping -c 1 192.0.2.99", about: "it is not", codes: "1 / 2", shows: [2]string{`is unreachable`, `nobody answered`}},
		{theirs: "fping nosuch.example.org", ours: "mailprobe ping nosuch.example.org", about: "the name does not exist", codes: "2 / 2", shows: [2]string{`Name or service not known`, `does not exist in DNS`}},
		{theirs: "fping -c 3 192.0.2.7", ours: "mailprobe ping -c 3 192.0.2.7", about: "several probes, with loss and times", codes: "0 / 0", shows: [2]string{`3/3/0%`, `3 of 3 answered, 0% loss`}},
		{theirs: "fping -c 3 -q 192.0.2.7", ours: "mailprobe ping -c 3 -o line 192.0.2.7", about: "only the summary; `-q` here prints nothing while all is well", codes: "0 / 0", shows: [2]string{`^192\.0\.2\.7 : xmt`, `^green OK .*3 of 3 answered`}},
		{theirs: "fping -c 5 -p 20 192.0.2.7", ours: "mailprobe ping -c 5 -i 20ms 192.0.2.7", about: "the time between probes, with its unit", codes: "0 / 0", shows: [2]string{`5/5/0%`, `5 of 5 answered`}},
		{theirs: "fping -t 200 -r 0 192.0.2.99", ours: "mailprobe ping -W 200ms -c 1 192.0.2.99", about: "how long to wait for each answer", codes: "1 / 2", shows: [2]string{`unreachable`, `nobody answered`}},
		{theirs: "fping -e 192.0.2.7", ours: "mailprobe ping -c 1 192.0.2.7", about: "the time, always shown", codes: "0 / 0", shows: [2]string{`alive \(\S+ ms\)`, `average \S+ .s`}},
		{theirs: "fping -A mx.example.org", ours: "mailprobe ping -c 1 mx.example.org", about: "the address, always shown", codes: "0 / 0", shows: [2]string{`192\.0\.2\.25 is alive`, `192\.0\.2\.25`}},
		{theirs: "fping -m mx.example.org", ours: "mailprobe ping -c 1 --all-addresses mx.example.org", about: "every address of a name", codes: "0 / 0", shows: [2]string{`is alive`, `mx\.example\.org\[192\.0\.2\.25\]`}},
		{theirs: "fping -b 1000 -c 1 192.0.2.7", ours: "mailprobe ping --size 1000 -c 1 192.0.2.7", about: "bytes of payload", codes: "0 / 0", shows: [2]string{`1008 bytes`, `1 of 1 answered`}},
		{theirs: "fping -H 64 -S 192.0.2.1 -I tun0 -M -O 32 192.0.2.7", ours: "mailprobe ping -c 1 --ttl 64 --source 192.0.2.1 --interface tun0 --dont-fragment --dscp 8 192.0.2.7", about: "what the packets are like; `--dscp` is the upper six bits of `-O`", codes: "0 / 0", shows: [2]string{`is alive`, `1 of 1 answered`}},
		{theirs: "timeout -s INT 2 fping -l -p 500 192.0.2.7", ours: "timeout -s INT 2 mailprobe ping -c 0 -i 500ms 192.0.2.7", about: "until Ctrl-C; both then sum up", codes: "124 / 124", shows: [2]string{`xmt/rcv/%loss|\[\d\]`, `0% loss`}},
		{theirs: "timeout -s INT 3 fping -l -Q 1 192.0.2.7", ours: "timeout -s INT 3 mailprobe ping -c 0 --every 1s 192.0.2.7", about: "a summary every second", codes: "124 / 124", shows: [2]string{`xmt/rcv/%loss = 1/1`, `1 sent, 1 received`}},
		{theirs: "fping -D -c 2 192.0.2.7", ours: "mailprobe ping -D -c 2 192.0.2.7", about: "each answer with its time", codes: "0 / 0", shows: [2]string{`^\[\d{10}\.\d+\]`, `^\[\d{10}\.\d+\]`}},
	}},
	{"Many hosts", []move{
		{theirs: "fping -C 3 -q 192.0.2.7 192.0.2.99", ours: "mailprobe ping -C 3 192.0.2.7 192.0.2.99", about: "the time of each answer: the same lines", codes: "1 / 2", shows: [2]string{`192\.0\.2\.7  : \S+ \S+ \S+\n192\.0\.2\.99 : - - -`, `192\.0\.2\.7 : \S+ \S+ \S+\n192\.0\.2\.99 : - - -`}},
		{theirs: "fping -a -r 1 192.0.2.7 192.0.2.8 192.0.2.99", ours: "mailprobe ping --alive --retries 1 192.0.2.7 192.0.2.8 192.0.2.99", about: "those that answer", codes: "1 / 2", shows: [2]string{`\A192\.0\.2\.7\n192\.0\.2\.8\n\z`, `\A(192\.0\.2\.[78]\n){2}\z`}},
		{theirs: "fping -u -r 1 -g 192.0.2.25 192.0.2.35", ours: "mailprobe ping --dead --retries 1 192.0.2.25-35", about: "those that do not; a range is a target", codes: "1 / 2", shows: [2]string{`\A(192\.0\.2\.3[1-5]\n){5}\z`, `\A(192\.0\.2\.3[1-5]\n){5}\z`}},
		{theirs: "fping -a -q -r 0 -g 192.0.2.0/27", ours: "mailprobe ping --alive 192.0.2.0/27", about: "a network is a target", codes: "0 / 0", shows: [2]string{`\A(192\.0\.2\.\d+\n){30}\z`, `\A(192\.0\.2\.\d+\n){30}\z`}},
		{theirs: "fping -a -q -r 0 -i 1 -g 192.0.2.0/27", ours: "mailprobe ping --alive --rate 1000 192.0.2.0/27", about: "the pace: 1 ms between packets is `--rate 1000`, the default here", codes: "0 / 0", shows: [2]string{`\A(192\.0\.2\.\d+\n){30}\z`, `\A(192\.0\.2\.\d+\n){30}\z`}},
		{theirs: "fping -a -r 0 -f hosts", ours: "mailprobe ping --alive - < hosts", about: "a list of hosts; a name and a tag may stand beside each", codes: "1 / 2", shows: [2]string{`\A192\.0\.2\.7\n192\.0\.2\.8\n\z`, `\A(192\.0\.2\.[78]\n){2}\z`}},
		{theirs: "fping -x 2 -r 0 192.0.2.7 192.0.2.8 192.0.2.99", ours: "mailprobe ping --min-alive 2 192.0.2.7 192.0.2.8 192.0.2.99", about: "enough hosts; a share such as `90%` is possible", codes: "0 / 0", shows: [2]string{`Enough hosts reachable`, `sweep OK: 2 of 3 answered`}},
		{theirs: "fping -x 3 -r 0 192.0.2.7 192.0.2.8 192.0.2.99", ours: "mailprobe ping --min-alive 3 192.0.2.7 192.0.2.8 192.0.2.99", about: "not enough", codes: "1 / 2", shows: [2]string{`Not enough hosts`, `sweep CRITICAL: 2 of 3`}},
		{theirs: "fping -s -r 0 192.0.2.7 192.0.2.99", ours: "mailprobe ping -c 1 192.0.2.7 192.0.2.99", about: "the sums at the end, always shown", codes: "1 / 2", shows: [2]string{`1 alive`, `2 targets: 1 CRITICAL, 1 OK`}},
	}},
}
