package main

import (
	"fmt"
	"testing"

	"mailprobe/mailtest"
)

// openBackups is openVillage with the mail of a backup in alice's mailbox.
func openBackups(t *testing.T) *village {
	v := openVillage(t)
	v.env = append(v.env, "XDG_STATE_HOME="+v.dir)
	for _, m := range []struct{ subject, field, text string }{
		{"Backup of db1", "X-Backup-Result: OK", "10 jobs: OK"},
		{"Backup of db2", "X-Backup-Result: OK", "7 jobs: OK"},
		{"lunch", "X-Mailer: none", "at one?"},
	} {
		text := fmt.Sprintf("From: Backup <backup@example.org>\r\nTo: alice@example.org\r\nSubject: %s\r\n%s\r\n\r\n%s\r\n", m.subject, m.field, m.text)
		if err := v.host.Deliver("alice", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// Both programs, with the log-in.
const (
	receive = "check_imap_receive -H mx.example.org -U alice -P 'correct horse' --nodelete --imap-retries 1 "
	imap    = "mailprobe imap -o nagios -u alice --password-env ALICE_PASSWORD "

	loop    = "check_email_delivery -H mx.example.org --mailto alice@example.org --mailfrom bob@example.net --username alice --password 'correct horse' --wait 1 --imap-check-interval 1"
	deliver = "mailprobe deliver -o nagios --from bob@example.net --to alice@example.org --via smtp://mx.example.org --fetch imap://alice@mx.example.org --fetch-password-env ALICE_PASSWORD"
)

var receiveMoves = []moves{
	{"check_imap_receive", []move{
		{theirs: receive + "-s SUBJECT -s Backup", ours: imap + "--subject Backup mx.example.org",
			about: "is there such a message? A text in any letter case there, a regular expression here: `(?i)` before it for any case", codes: "0 / 0", shows: [2]string{`^IMAP RECEIVE OK - .*2 found`, `^IMAP OK.*2 matches`}},
		{theirs: receive + "-s SUBJECT -s Restore", ours: imap + "--subject Restore mx.example.org",
			about: "no such message: CRITICAL in both, and never deleted here", codes: "2 / 2", shows: [2]string{`CRITICAL - found less than 1`, `^IMAP CRITICAL - search: .*\[no-match\]`}},
		{theirs: receive + "-s FROM -s backup@example.org", ours: imap + "--from backup@example.org mx.example.org",
			about: "from whom: name and address", codes: "0 / 0", shows: [2]string{`3 found`, `3 matches`}},
		{theirs: receive + "-s HEADER -s X-Backup-Result -s OK", ours: imap + "--header X-Backup-Result=OK mx.example.org",
			about: "any field of the header", codes: "0 / 0", shows: [2]string{`2 found`, `2 matches`}},
		{theirs: receive + "-s SUBJECT -s db1 -s BODY -s 'jobs: OK'", ours: imap + "--subject db1 --body-expect 'jobs: OK$' mx.example.org",
			about: "what the message says, decoded here; read of matches only", codes: "0 / 0", shows: [2]string{`1 found`, `1 match`}},
		{theirs: receive + "-s SUBJECT -s db1 -s BODY -s 'jobs: FAILED'", ours: imap + "--subject db1 --body-expect 'jobs: FAILED' mx.example.org",
			about: "it says something else: no match there; here the message came, and is CRITICAL for what it says", codes: "2 / 2", shows: [2]string{`CRITICAL - found less than 1`, `\[body-unexpected\]`}},
		{theirs: receive + "-s SUBJECT -s FAILED --search-critical-min 0 --search-warning-min 0 --search-critical-max 0", ours: imap + "--subject FAILED --crit matches=0 mx.example.org",
			about: "there must be none", codes: "0 / 0", shows: [2]string{`^IMAP RECEIVE OK`, `^IMAP OK.*0 matches`}},
		{theirs: receive + "-s SUBJECT -s Backup --search-critical-max 1", ours: imap + "--subject Backup --crit matches=1:1 mx.example.org",
			about: "there are too many", codes: "2 / 2", shows: [2]string{`found more than 1`, `matches 2 is outside`}},
		{theirs: receive + "-s SINCE -s 01-Jan-2020", ours: imap + "--since 24h mx.example.org",
			about: "young enough: by day there, by the second here", codes: "0 / 0", shows: [2]string{`3 found`, `3 matches`}},
		{theirs: receive + "-s SUBJECT -s Backup", ours: imap + "--subject Backup --crit newest_match_age=26h mx.example.org",
			about: "how old the newest is: not known there", codes: "0 / 0", shows: [2]string{`^IMAP RECEIVE OK`, `'newest_match_age'=`}},
		{theirs: receive + "-m Archive -s ALL", ours: imap + "--mailbox Archive --search mx.example.org",
			about: "a mailbox that does not exist: those that do are named here, and `--mailbox` can be given several times", codes: "2 / 2", shows: [2]string{`Could not select Archive`, `\[mailbox-missing\]`}},
		{theirs: receive + "--ssl -s ALL", ours: imap + "--search imaps://mx.example.org",
			about: "TLS from the start: not verified there without `--ssl-ca-file`. Without `--ssl` the password crosses the network as it is, here STARTTLS is used", codes: "0 / 0", shows: [2]string{`^IMAP RECEIVE OK`, `TLS 1\.3`}},
		{theirs: "check_imap_receive -H mx.example.org -U alice -P wrong -s ALL", ours: "mailprobe imap -o nagios -u alice --password-env WRONG_PASSWORD --search mx.example.org",
			about: "a wrong password", codes: "2 / 2", shows: [2]string{`CRITICAL - Could not connect`, `\[wrong-credentials\]`}},
	}},
	{"check_email_delivery", []move{
		{theirs: loop, ours: deliver, alone: true,
			about: "there and back in one run, and both remove their message", codes: "0 / 0", shows: [2]string{`^EMAIL DELIVERY OK`, `^DELIVER OK.*delivered in`}},
		{theirs: loop + " -w 50,50,50 -c 60,60,60", ours: deliver + " --warn delivered=50s --crit delivered=1m --crit oldest_missing=6h", alone: true,
			about: "thresholds on the time: of all, of SMTP and of IMAP there; on any fact here, such as for how long the oldest message of earlier runs has been missing", codes: "0 / 0", shows: [2]string{`^EMAIL DELIVERY OK`, `'delivered'=[^ ;]+;50;60`}},
		{theirs: loop + " --header 'X-Probe: 7' --body hello", ours: deliver + " --header 'X-Probe: 7' --body hello", alone: true,
			about: "a message of your own", codes: "0 / 0", shows: [2]string{`^EMAIL DELIVERY OK`, `^DELIVER OK`}},
		{theirs: loop + " --imap-mailbox Junk", ours: deliver + " --junk Junk", alone: true, with: fault{"it is taken for spam", mailtest.Faults{Junk: true}},
			about: "looked for there: OK there, a WARNING here with what the filter wrote", codes: "0 / 1", shows: [2]string{`^EMAIL DELIVERY OK`, `\[delivered-as-spam\]`}},
		{theirs: "check_smtp_send -H mx.example.org --mailto alice@example.org --mailfrom bob@example.net --header 'Subject: run 7' && sleep 2 && check_imap_receive -H mx.example.org -U alice -P 'correct horse' --imap-retries 1 -s SUBJECT -s 'run 7'",
			ours: deliver + " --send-only && sleep 2 && " + deliver + " --judge", alone: true,
			about: "in two services, one that sends and one that judges. In a file of checks one check with a short `every` does both", codes: "0 / 0", shows: [2]string{`(?s)^SMTP SEND OK.*^IMAP RECEIVE OK`, `(?s)^DELIVER OK.*sent to.*^DELIVER OK.*delivered in`}},
	}},
}
