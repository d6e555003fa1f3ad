// Package bulk runs a check against any number of targets on the workers of a fleet.
//
// A Run puts targets into the work queue JOBS of NATS JetStream, up to BatchSize of them a
// message, and reads their results from the stream BULK. A target goes to the shard of its
// destination, and a shard is one durable consumer with one message in flight: so one
// Worker at a time deals with a destination, and knows how fast it may. A worker publishes
// the results, waits for the server to have them, and only then acknowledges the job. What
// dies in between is done again by another worker, and the Run takes the first result of
// each target. Nothing here elects, retries or stores: the server does.
package bulk
