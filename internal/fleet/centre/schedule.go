package centre

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"mailprobe/internal/fleet"
	"mailprobe/internal/suite"
	"mailprobe/wire"
)

// schedule returns that of the place, nil where it follows it already, or why it has none.
func (v *visit) schedule(h fleet.Hello) (*fleet.Schedule, string) {
	jobs := v.centre.Checks.Jobs(v.place)
	v.jobs = len(jobs)
	secrets := v.centre.secretsOf(jobs)
	v.hide(secrets)
	id, err := v.centre.scheduleID(jobs, secrets, h.SealKey)
	if err != nil {
		return nil, "the schedule cannot be written"
	}
	if id == h.Schedule {
		return nil, ""
	}
	for i := range jobs {
		if err := v.seal(&jobs[i], secrets, h.SealKey); err != nil {
			return nil, "the agent's key for secrets is none"
		}
	}
	text, err := json.Marshal(jobs)
	if err != nil {
		return nil, "the schedule cannot be written"
	}
	if len(text) > maxPayload-(4<<10) {
		v.centre.told.tell("size: "+v.place, fmt.Errorf("fleet: the schedule of %s has %d bytes, and a message at most %d; it keeps the one before: give some of its %d checks to another place", v.place, len(text), maxPayload, len(jobs)))
		return nil, "the schedule is too large for a message"
	}
	return &fleet.Schedule{ID: id, Jobs: text}, ""
}

// hide has secrets masked in what the place sends.
func (v *visit) hide(secrets map[string]string) {
	for _, secret := range secrets {
		if !v.hidden[secret] {
			v.hidden[secret] = true
			v.secrets.Hide(wire.Secret(secret))
		}
	}
}

// secretsOf returns the secrets that credentials of jobs name and that the centre has.
func (c *Centre) secretsOf(jobs []suite.Job) map[string]string {
	all := map[string]string{}
	for _, j := range jobs {
		for _, cr := range j.Credentials {
			if secret, is := c.Secret(cr.Name); is {
				all[cr.Name] = secret
			}
		}
	}
	return all
}

// scheduleID is the hash of jobs and of what is sealed for whom, which gives no secret away: it
// is keyed.
func (c *Centre) scheduleID(jobs []suite.Job, secrets map[string]string, sealKey string) (string, error) {
	text, err := json.Marshal(struct {
		Jobs    []suite.Job
		Secrets map[string]string
		Key     string
	}{jobs, secrets, sealKey})
	if err != nil {
		return "", err
	}
	seed, err := c.keys.callouts.Seed()
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, seed)
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

// seal seals the secrets of a job for the agent's key. Those that the centre does not have the
// agent may have itself.
func (v *visit) seal(j *suite.Job, secrets map[string]string, sealKey string) (err error) {
	for i := range j.Credentials {
		secret, is := secrets[j.Credentials[i].Name]
		if !is {
			continue
		}
		if j.Credentials[i].Sealed, err = fleet.Seal([]byte(secret), sealKey); err != nil {
			return err
		}
	}
	return nil
}
