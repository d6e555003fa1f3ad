package fleet

import (
	"encoding/json"
	"time"
)

// The subjects. An agent may publish to those that end in the name of its place, and hears
// the orders for it; the permissions of the server keep it to that.
const (
	// HelloSubject, a dot and the place: requests of an agent, a Hello, which the centre
	// answers with a Welcome.
	HelloSubject = "mailprobe.hello"
	// OrderSubject, a dot and the place: an Order of the centre.
	OrderSubject = "mailprobe.order"
	// ResultSubject, a dot and the place: a Batch, which the stream RESULTS keeps until the
	// centre has recorded it.
	ResultSubject = "mailprobe.results"
	// JobSubject, a dot, a place or a group, a dot and a shard: targets of a bulk run, which
	// the stream JOBS keeps until a worker is done with them.
	JobSubject = "mailprobe.jobs"
	// BulkSubject, a dot, the name of a run, a dot and a place: results of a bulk run, which
	// the stream BULK keeps until they are collected.
	BulkSubject = "mailprobe.bulk"
)

// API is what the subjects of JetStream's API begin with for members of a fleet, in the place of
// $JS.API: that of their own account has no streams.
const API = "mailprobe.api"

// The names of the streams.
const (
	ResultStream = "RESULTS"
	JobStream    = "JOBS"
	BulkStream   = "BULK"
)

// Hello is what an agent says of itself when it connects, every HelloEvery, and when it is asked to.
type Hello struct {
	// Version is that of mailprobe.
	Version string `json:"version"`
	// Process names the agent's process, at random: two that greet at a time are two agents.
	Process string `json:"process,omitempty"`
	// Sent is the time on the agent's clock.
	Sent time.Time `json:"sent"`
	// Offset is what the agent last measured to be missing on its clock, in seconds: the
	// centre's time less its own, which an answer shows; nil before the first.
	Offset *float64 `json:"offset,omitempty"`
	// SealKey is the agent's curve key, to which credentials are sealed.
	SealKey string `json:"seal_key"`
	// Schedule is the ID of the schedule it follows, empty for none.
	Schedule string `json:"schedule,omitempty"`
	// Refused are the jobs of the schedule that its own rules do not permit, by their names.
	Refused map[string]string `json:"refused,omitempty"`
	// Able is what its test of itself has found.
	Able []Ability `json:"able,omitempty"`
	// Spooled is how many bytes of results wait for being sent, Dropped how many results were
	// dropped for want of room or by their age, since the agent has its state directory.
	Spooled int64 `json:"spooled"`
	Dropped int64 `json:"dropped"`
}

// HelloEvery is the time between an agent's greetings.
const HelloEvery = 15 * time.Second

// Ability is something that a place can do, or cannot.
type Ability struct {
	// Name is one of port-25, ipv6, ptr, resolver and clock.
	Name string `json:"name"`
	// Able is nil where it could not be determined.
	Able *bool `json:"able,omitempty"`
	// Detail says in a sentence what was seen.
	Detail string `json:"detail"`
}

// Welcome answers a Hello.
type Welcome struct {
	// Received is the time on the centre's clock.
	Received time.Time `json:"received"`
	// Schedule is the one to follow; nil where the agent follows it already.
	Schedule *Schedule `json:"schedule,omitempty"`
	// Error says why the centre refuses the agent, such as a clock that is far off; empty
	// where it does not. The agent keeps its results.
	Error string `json:"error,omitempty"`
	// Key is what orders of the centre have from now on. Members of a fleet can have answers
	// sent to the subject of another's orders, and do not know it.
	Key string `json:"key"`
}

// Schedule is what an agent has to do.
type Schedule struct {
	// ID is the hash of the jobs.
	ID string `json:"id"`
	// Jobs are suite.Jobs in their JSON form.
	Jobs json.RawMessage `json:"jobs"`
}

// Order asks something of an agent.
type Order struct {
	// Key is that of the last Welcome; what has another one is no order.
	Key string `json:"key"`
	// Hello asks for a greeting, for there is another schedule.
	Hello bool `json:"hello,omitempty"`
	// Run names a job that is to be run now.
	Run string `json:"run,omitempty"`
}

// Batch are results of an agent. The server keeps one of each ID, which is the message's
// Nats-Msg-Id: a Batch that is sent again counts once.
type Batch struct {
	ID string `json:"id"`
	// Sent is the time on the agent's clock, Offset what that lacks, in seconds, as
	// in Hello.
	Sent   time.Time `json:"sent"`
	Offset float64   `json:"offset"`
	// Results are in the order in which they ended.
	Results []Result `json:"results"`
}

// Result is that of a job.
type Result struct {
	// Job is its name.
	Job string `json:"job"`
	// Attempts is how often the job was tried.
	Attempts int `json:"attempts"`
	// Results are those of the check, as its JSON form has them: several for an exchanger each.
	Results json.RawMessage `json:"results"`
}
