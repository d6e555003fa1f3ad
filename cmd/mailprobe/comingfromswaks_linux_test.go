package main

import (
	"time"

	"mailprobe/mailtest"
)

var swaksMoves = []moves{
	{"Is the server there, and what does it say", []move{
		{theirs: "swaks --to alice@example.org --server mx.example.org --quit-after CONNECT", ours: "mailprobe smtp --stop-after greeting mx.example.org",
			about: "the greeting alone", codes: "0 / 0", shows: [2]string{`<-  220 mx\.example\.org`, `greeting .*"220 mx\.example\.org`}},
		{theirs: "swaks -t alice@example.org -s mx.example.org -q EHLO", ours: "mailprobe smtp mx.example.org",
			about: "the extensions; mailprobe goes on to STARTTLS and its certificate", codes: "0 / 0", shows: [2]string{`250-STARTTLS`, `extensions +8BITMIME`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --port 587 --quit-after EHLO", ours: "mailprobe smtp --stop-after ehlo mx.example.org:587",
			about: "another port: HOST:PORT, or the scheme `submission://`", codes: "0 / 0", shows: [2]string{`mx\.example\.org:587`, `192\.0\.2\.25:587`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --helo probe.example.net --quit-after EHLO", ours: "mailprobe smtp -v --helo probe.example.net mx.example.org",
			about: "the name in EHLO; `-v` shows the session", codes: "0 / 0", shows: [2]string{`EHLO probe\.example\.net`, `C: EHLO probe\.example\.net`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org -4 --quit-after EHLO", ours: "mailprobe smtp -4 mx.example.org",
			about: "IPv4 alone", codes: "0 / 0", shows: [2]string{`Connected`, `192\.0\.2\.25`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --local-interface 192.0.2.25 --quit-after EHLO", ours: "mailprobe smtp --source 192.0.2.25 mx.example.org",
			about: "from an address of one's own", codes: "0 / 0", shows: [2]string{`Connected`, `OK`}},
		{theirs: "swaks --to alice@example.org --server down.example.org --timeout 2 --quit-after EHLO", ours: "mailprobe smtp --timeout 2s down.example.org",
			about: "a time limit: of swaks for each reply, of mailprobe for the whole check", codes: "2 / 2", shows: [2]string{`timeout`, `no answer within`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --quit-after EHLO", ours: "mailprobe smtp mx.example.org", with: fault{"nobody listens", mailtest.Faults{Refuse: true}},
			codes: "2 / 2", shows: [2]string{`Connection refused`, `connection refused`}},
	}},
	{"Would it take a message", []move{
		{theirs: "swaks --to alice@example.org --from bob@example.net --server mx.example.org --quit-after RCPT", ours: "mailprobe smtp -t alice@example.org -f bob@example.net mx.example.org",
			about: "without sending one; without `-f` the sender is `<>`, with swaks it is your user at this host", codes: "0 / 0", shows: [2]string{`RCPT TO:<alice@example\.org>`, `1\s+of\s+1 recipients accepted`}},
		{theirs: "swaks --to alice@example.org --quit-after RCPT", ours: "mailprobe smtp --mx -t alice@example.org example.org",
			about: "at the domain's exchanger: swaks tries one address, mailprobe every one", codes: "0 / 0", shows: [2]string{`Trying mx\.example\.org:25`, `mx +\S+ .*OK +10 mx\.example\.org`}},
		{theirs: "swaks --to nobody@example.org --server mx.example.org --quit-after RCPT", ours: "mailprobe smtp -t nobody@example.org mx.example.org",
			about: "an unknown recipient", codes: "24 / 2", shows: [2]string{`550 5\.1\.1`, `550 5\.1\.1`}},
		{theirs: "swaks --to alice@example.org,nobody@example.org --server mx.example.org --quit-after RCPT", ours: "mailprobe smtp -t alice@example.org -t nobody@example.org mx.example.org",
			about: "two recipients, one unknown: swaks is content with one", codes: "0 / 2", shows: [2]string{`550 5\.1\.1`, `rcpt-2: .*550 5\.1\.1`}},
		{theirs: "swaks --to carol@example.com --server mx.example.org --quit-after RCPT", ours: "mailprobe smtp --open-relay mx.example.org",
			about: "is it an open relay: here the refusal is the good answer", codes: "24 / 0", shows: [2]string{`Relay access denied`, `^OK`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --quit-after RCPT", ours: "mailprobe smtp -t alice@example.org mx.example.org", with: fault{"the mailbox is full", mailtest.Faults{Answer: map[string]string{"alice@example.org": "452 4.2.2 Mailbox is full"}}},
			codes: "24 / 2", shows: [2]string{`452 4\.2\.2`, `make room or raise its\s+quota`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --quit-after RCPT", ours: "mailprobe smtp -t alice@example.org mx.example.org", with: fault{"it greylists", mailtest.Faults{Greylist: time.Minute}},
			about: "a WARNING, as it passes", codes: "24 / 1", shows: [2]string{`450 4\.7\.1`, `wait some minutes`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --pipeline --quit-after RCPT", ours: "mailprobe smtp --pipeline -t alice@example.org mx.example.org",
			about: "commands sent together", codes: "0 / 0", shows: [2]string{`RCPT TO:<alice@example\.org>`, `accepted`}},
	}},
	{"TLS", []move{
		{theirs: "swaks --to alice@example.org --server mx.example.org --tls --quit-after EHLO", ours: "mailprobe smtp --tls=require mx.example.org",
			about: "STARTTLS, or it fails; swaks `--tls-optional` is `--tls=auto`, the default", codes: "0 / 0", shows: [2]string{`<~  250`, `TLS 1\.3`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --port 465 --tls-on-connect --quit-after EHLO", ours: "mailprobe smtp smtps://mx.example.org",
			about: "TLS from the start (`-tlsc`); for an odd port `--tls=implicit HOST:PORT`", codes: "0 / 0", shows: [2]string{`TLS started`, `tls .*TLS 1\.3`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --tls --quit-after EHLO", ours: "mailprobe smtp --tls=require mx.example.org", with: fault{"the certificate expired", mailtest.Faults{Certificate: "expired"}},
			about: "swaks takes every certificate", codes: "0 / 2", shows: [2]string{`TLS started`, `the certificate expired on`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --tls --tls-verify --quit-after EHLO", ours: "mailprobe smtp --tls=require mx.example.org", with: fault{"the certificate expired", mailtest.Faults{Certificate: "expired"}},
			about: "unless it is asked to verify it, which mailprobe always does", codes: "29 / 2", shows: [2]string{`TLS startup failed.*certificate verify failed`, `the certificate expired on`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --tls --tls-ca-path ca.pem --tls-verify --quit-after EHLO", ours: "mailprobe smtp --tls=require --ca-file ca.pem mx.example.org",
			about: "an authority of one's own", codes: "0 / 0", shows: [2]string{`TLS started`, `certificate good for`}},
	}},
	{"Log-in", []move{
		{theirs: "swaks --to alice@example.org --server mx.example.org --port 587 --tls --auth --auth-user alice --auth-password 'correct horse' --quit-after AUTH", ours: "mailprobe smtp -u alice --password-env ALICE_PASSWORD submission://mx.example.org",
			about: "the strongest mechanism offered; a password is never a flag here", codes: "0 / 0", shows: [2]string{`235 2\.`, `logged\s+in as alice`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --port 587 --tls --auth LOGIN --auth-user alice --auth-password 'correct horse' --quit-after AUTH", ours: "mailprobe smtp --auth login -u alice --password-env ALICE_PASSWORD submission://mx.example.org",
			about: "a certain mechanism", codes: "0 / 0", shows: [2]string{`AUTH LOGIN`, `by\s+LOGIN`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --port 587 --tls -a PLAIN -au alice -ap wrong -q AUTH", ours: "mailprobe smtp -u alice --password-env WRONG_PASSWORD submission://mx.example.org",
			about: "a wrong password; where several mechanisms are offered mailprobe tries two, to tell it from a mechanism that does not work", codes: "28 / 2", shows: [2]string{`535 5\.7\.8`, `535 5\.7\.8`}},
	}},
	{"Send a message", []move{
		{theirs: "swaks --to alice@example.org --from bob@example.net --server mx.example.org --header 'Subject: hello' --body 'hello alice'", ours: "mailprobe smtp --send -t alice@example.org -f bob@example.net --subject hello --body 'hello alice' mx.example.org",
			about: "swaks sends unless told to stop, mailprobe only with `--send`", codes: "0 / 0", shows: [2]string{`queued as`, `queued as`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --add-header 'X-Test: 1'", ours: "mailprobe smtp --send -t alice@example.org --header 'X-Test: 1' mx.example.org",
			about: "a further header field", codes: "0 / 0", shows: [2]string{`X-Test: 1`, `queued as`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --data message.eml", ours: "mailprobe smtp --send -t alice@example.org --message message.eml mx.example.org",
			about: "a file as it stands; `-` is standard input for both", codes: "0 / 0", shows: [2]string{`queued as`, `queued as`}},
	}},
	{"What is printed", []move{
		{theirs: "swaks --to alice@example.org --server mx.example.org --silent 2 --quit-after RCPT", ours: "mailprobe smtp -q -t alice@example.org mx.example.org",
			about: "nothing while all is well", codes: "0 / 0", shows: [2]string{`\A\z`, `\A\z`}},
		{theirs: "swaks --to nobody@example.org --server mx.example.org --silent 2 --quit-after RCPT", ours: "mailprobe smtp -q -o line -t nobody@example.org mx.example.org",
			about: "what went wrong alone, in a line", codes: "24 / 2", shows: [2]string{`^<\*\* 550`, `^red CRITICAL smtp .*550 5\.1\.1.*hint`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --quit-after RCPT", ours: "mailprobe smtp -o transcript -t alice@example.org mx.example.org",
			about: "the session, with the secrets masked", codes: "0 / 0", shows: [2]string{` -> RCPT TO:`, `C: RCPT TO:`}},
		{theirs: "swaks --to alice@example.org --server mx.example.org --show-time-lapse --quit-after RCPT", ours: "mailprobe smtp -t alice@example.org mx.example.org",
			about: "times: each step always has its own", codes: "0 / 0", shows: [2]string{`response in \d`, `rcpt +\d\S* [mu]?s`}},
	}},
}
