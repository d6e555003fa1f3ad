package integration

// Service names a listener by what it is for.
type Service string

// The services of Postfix. None but Submission, SMTPS and ClearAuth offers
// AUTH; each but ClearAuth offers or speaks TLS.
const (
	SMTP       Service = "smtp"       // an exchanger: mail for the lab's domain only
	Submission Service = "submission" // mail from users: STARTTLS, then AUTH
	SMTPS      Service = "smtps"      // the same under implicit TLS
	ClearAuth  Service = "clearauth"  // AUTH without TLS, and no STARTTLS
	OpenRelay  Service = "openrelay"  // takes mail from anyone for anyone
	Postscreen Service = "postscreen" // a teaser, a pause, then the greeting
	Proxied    Service = "proxied"    // demands a PROXY protocol header
	XClient    Service = "xclient"    // lets the client claim another origin
	XForward   Service = "xforward"   // lets the client say where mail came from
	FullDisk   Service = "fulldisk"   // too little room in the queue for any mail
	SmallMail  Service = "smallmail"  // messages up to SmallMailLimit bytes
	Crowded    Service = "crowded"    // one session at a time from one client
	Closed     Service = "closed"     // refuses every client in its greeting
	OldTLS     Service = "oldtls"     // TLS 1.2 at most
	ClientCert Service = "clientcert" // demands a certificate from the client
)

// The services of Postfix in which something is out of order. What they refuse says
// nothing of the recipient.
const (
	DeadMap    Service = "deadmap"    // its table of mailboxes cannot be read
	DeadPolicy Service = "deadpolicy" // its policy service does not run
	DeadMilter Service = "deadmilter" // its milter does not run
	DeadStore  Service = "deadstore"  // the store that it asks for the recipient does not run
	DeadAuth   Service = "deadauth"   // the service that verifies passwords does not run
	RelayDefer Service = "relaydefer" // it defers what it does not relay, as is Postfix's default
)

// The services of Postfix that greylist, but for the step where they do it.
const (
	GreyMail Service = "greymail" // at MAIL
	GreyData Service = "greydata" // at DATA
	GreyEnd  Service = "greyend"  // at the end of the message
)

// The services of Postfix that want something of the client.
const (
	KnownClient Service = "knownclient" // a name for its address, and back
	KnownHelo   Service = "knownhelo"   // a name in EHLO that resolves
	FullHelo    Service = "fullhelo"    // a full name in EHLO
	KnownSender Service = "knownsender" // a sender whose domain resolves
)

// The services of the second Postfix, the server of the sender. Whatever it takes
// it hands to SMTP.
const (
	Relay       Service = "relay"       // mail from users: STARTTLS, then AUTH
	Greylisting Service = "greylisting" // refuses each sender and recipient for GreylistTime
)

// The services of Dovecot.
const (
	POP3  Service = "pop3"
	POP3S Service = "pop3s"
	IMAP  Service = "imap"
	IMAPS Service = "imaps"
	LMTP  Service = "lmtp"
)

// Exim is the only service of Exim, another exchanger for the lab's domain.
const Exim Service = "exim"

// SmallMailLimit is the largest message, in bytes, that SmallMail takes.
const SmallMailLimit = 2048

// postfixServices and dovecotServices list what a lab listens for.
func postfixServices() []Service {
	return []Service{
		SMTP, Submission, SMTPS, ClearAuth, OpenRelay, Postscreen, Proxied, XClient, XForward,
		FullDisk, SmallMail, Crowded, Closed, OldTLS, ClientCert,
		DeadMap, DeadPolicy, DeadMilter, DeadStore, DeadAuth, RelayDefer, GreyMail, GreyData, GreyEnd,
		KnownClient, KnownHelo, FullHelo, KnownSender,
	}
}

func relayServices() []Service { return []Service{Relay, Greylisting} }

func dovecotServices() []Service {
	return []Service{POP3, POP3S, IMAP, IMAPS, LMTP}
}

// Addresses at the SMTP service whose recipient gets a reply of its own.
const (
	Greylisted  = "greylisted@" + Domain // 450 4.2.0
	FullMailbox = "full@" + Domain       // 452 4.2.2
	Refused     = "refused@" + Domain    // 550 5.7.1
	Stranger    = "stranger@" + Domain   // 550 5.1.1: there is no such user
)

// Outlaw is a client address that XClient gives no service to: one claims it to
// see whether the claim was believed.
const Outlaw = "192.0.2.66"
