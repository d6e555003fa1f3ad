package dnssec

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// Options configure New. The zero value is usable: it asks the system's resolvers and
// trusts the root's keys.
type Options struct {
	// Servers are the resolvers, as ADDR or ADDR:PORT; none for those of
	// /etc/resolv.conf. The next is asked where one does not answer.
	Servers []string
	// Anchors are the keys to start from; none for those of the root that IANA
	// publishes. See ParseAnchors.
	Anchors []Anchor
	// Timeout is the time for one query to all the servers; 0 for DefaultTimeout.
	Timeout time.Duration
	// NoSHA1 takes algorithms 5 and 7, whose signatures stand on SHA-1, for unknown,
	// which makes zones that have no other insecure (RFC 9905).
	NoSHA1 bool
	// Now is the time at which signatures are to be valid; nil for time.Now.
	Now func() time.Time
	// Dial makes connections; nil for those of the operating system.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	// DefaultTimeout is the time for one query, with its repetitions.
	DefaultTimeout = 8 * time.Second

	maxParallel = 200  // queries under way
	maxReplies  = 1024 // messages kept until what they say is validated
	maxAnswers  = 4096
	maxZones    = 4096
	// maxSteps is how many times the timeout a look-up may take, with what it waits for
	// queries of others: the chain of trust is asked for step by step where it was not
	// asked for ahead.
	maxSteps = 10
	// minTTL is how long answers are kept at least, so that all of a run see the same,
	// and failureTTL how long failures are.
	minTTL     = time.Minute
	maxTTL     = time.Hour
	failureTTL = 15 * time.Second
)

// Client looks names up at a resolver and validates the answers. It keeps them, and the
// keys of zones, for all who use it; it may be used by many at once. The zero value
// asks the system's resolvers.
type Client struct {
	options Options
	once    sync.Once

	anchors map[string][]Anchor // by zone
	system  func() (systemConfig, error)

	preferred atomic.Int32 // the server that answered last
	slots     chan struct{}
	idle      chan *socket
	replies   *flights[question, reply]
	answers   *flights[question, outcome]
	zones     *flights[string, *zone]
	verified  *verifiedSets

	files     atomic.Pointer[map[string]*ZoneFile] // by apex
	filesLock sync.Mutex

	queries, checks atomic.Int64
}

// New makes a client.
func New(options Options) *Client {
	c := &Client{options: options}
	c.once.Do(c.prepare)
	return c
}

func (c *Client) prepare() {
	o := &c.options
	o.Servers = slices.Clone(o.Servers)
	for i, server := range o.Servers {
		o.Servers[i] = withPort(server)
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	c.anchors = byZone(o.Anchors)
	c.system = sync.OnceValues(func() (systemConfig, error) { return readSystem(resolvConf, hostsFile) })
	c.slots = make(chan struct{}, maxParallel)
	c.idle = make(chan *socket, maxIdle)
	c.replies = newFlights[question, reply](maxReplies)
	c.answers = newFlights[question, outcome](maxAnswers)
	c.zones = newFlights[string, *zone](maxZones)
	c.verified = newVerifiedSets()
}

// withPort adds the port of DNS to an address without one.
func withPort(server string) string {
	if _, _, err := net.SplitHostPort(server); err == nil {
		return server
	}
	return net.JoinHostPort(strings.Trim(server, "[]"), "53")
}

// servers returns the resolvers to ask.
func (c *Client) servers() ([]string, error) {
	if len(c.options.Servers) > 0 {
		return c.options.Servers, nil
	}
	system, err := c.system()
	return system.servers, err
}

// Stats count what a client has done.
type Stats struct {
	Queries    int64 // messages sent to resolvers, repetitions included
	Signatures int64 // signatures that were checked with a key
}

// Stats returns the counts since New.
func (c *Client) Stats() Stats {
	return Stats{Queries: c.queries.Load(), Signatures: c.checks.Load()}
}

// outcome is the result of a look-up.
type outcome struct {
	answer Answer
	err    error
}

// Lookup looks a name up and validates the answer. The name is absolute, with or
// without its last dot, and in ASCII. The first look-up of a name and type asks; until
// its TTL is over, and for a minute at least, all others share its answer.
//
// An error means that there is no answer: a *LookupError for a resolver that does not
// answer, the context's own where that ended, or an error about the name or type. An
// answer that says SERVFAIL is no error, and neither is one that is bogus: see
// Answer.Failed.
func (c *Client) Lookup(ctx context.Context, name string, kind Type) (Answer, error) {
	c.once.Do(c.prepare)
	if _, ok := dns.IsDomainName(name); !ok || len(name) > 1000 || name == "" {
		return Answer{}, fmt.Errorf("%q is not a domain name", name)
	}
	if !kind.isQuestion() {
		return Answer{}, fmt.Errorf("type %s cannot be looked up by itself", kind)
	}
	q := question{name: canonical(name), kind: kind}
	o, err := c.answers.start(ctx, q, maxSteps*c.options.Timeout, func(ctx context.Context) (outcome, time.Duration) {
		o := c.lookUp(ctx, q)
		return o, o.holds()
	}).wait(ctx)
	if err != nil {
		return Answer{}, err
	}
	return o.answer, o.err
}

// holds returns how long a result is kept.
func (o outcome) holds() time.Duration {
	if o.err != nil || o.answer.Failed() || o.answer.Status == Indeterminate {
		return failureTTL
	}
	return min(max(o.answer.TTL, minTTL), maxTTL)
}

// fetch returns the resolver's answer to a question, which is asked once. It is for
// look-ups, which end by themselves: await is for those who may leave.
func (c *Client) fetch(ctx context.Context, q question) (reply, error) {
	r, err := c.replies.do(ctx, q, maxSteps*c.options.Timeout, c.exchanging(q))
	return r, or(err, r.err)
}

func (c *Client) await(ctx context.Context, q question) (reply, error) {
	r, err := c.send(ctx, q).wait(ctx)
	return r, or(err, r.err)
}

func (c *Client) send(ctx context.Context, q question) *flight[reply] {
	return c.replies.start(ctx, q, maxSteps*c.options.Timeout, c.exchanging(q))
}

// exchanging is the work of asking.
func (c *Client) exchanging(q question) work[reply] {
	return func(ctx context.Context) (reply, time.Duration) {
		r := c.exchange(ctx, q)
		if r.Msg == nil {
			return r, failureTTL
		}
		return r, minTTL
	}
}

// alive reports whether the resolver answers at all.
func (c *Client) alive(ctx context.Context) bool {
	_, err := c.await(ctx, question{name: ".", kind: TypeSOA})
	return err == nil
}
