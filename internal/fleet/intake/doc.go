// Package intake reads what agents send to the centre. Nothing of it is believed: it has limits, and
// what is beyond them is refused with the reason.
package intake
