// Package centre is the other end of the agents of a fleet: the server they connect to, or the
// connection to one, who may do what there, what they have to run, and their results.
package centre
