package history

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// Notification is one message to one receiver.
type Notification struct {
	// ID is from NotificationID. The receiver can recognise a repetition by it.
	ID string
	// Notifier is the name of the notifier that sends it, in the file of checks.
	Notifier string
	// Name is the name of the check, Kind why it is sent, Incident the incident it is
	// about.
	Name, Kind, Incident string
	// Created is when it was created.
	Created time.Time
	// Payload is what the notifier needs; the store does not interpret it.
	Payload []byte
	// Due is the earliest time of the next attempt.
	Due time.Time
	// Attempts is how often it was claimed, Error why the last attempt failed.
	Attempts int
	Error    string
	// Refused is how often the receiver refused it permanently.
	Refused int
	// Doubt reports whether a process ended between HandOver and Sent, in this attempt or
	// an earlier one: the receiver may have it already.
	Doubt bool
}

// NotificationID returns the identifier of a notification: 32 hexadecimal digits that
// depend on the words alone, such as notifier, incident, kind and time.
func NotificationID(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// Claim is the exclusive right to send a notification for a limited time.
type Claim struct {
	// ID is the identifier of the notification.
	ID string
	// Until is when the claim ends. Sending must have ended by then: use it as the
	// deadline of its context.
	Until time.Time

	token string
}

// ErrLost means that the claim has ended and another process may send.
var ErrLost = errors.New("the claim on the notification has ended")

func putNotifications(ctx context.Context, tx *sql.Tx, owner int64, all []Notification) error {
	for _, n := range all {
		_, err := tx.ExecContext(ctx, `INSERT INTO notification
			(id, notifier, name, kind, incident, created, payload, due, attempts, error, claim, until, handed, doubt, file)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '', '', 0, 0, 0, ?) ON CONFLICT DO NOTHING`,
			n.ID, n.Notifier, n.Name, n.Kind, n.Incident, millis(n.Created), append([]byte{}, n.Payload...), max(0, millis(n.Due)), owner)
		if err != nil {
			return err
		}
	}
	return nil
}

// MaxWait is the longest delay before the next attempt to send a notification.
const MaxWait = time.Hour

// maxLease is longer than any claim. A claim or a due time further in the future was
// written while the clock was wrong, and counts as past.
const maxLease = 24 * time.Hour

// Pending returns the notifications of Options.File, and those of no file, of every
// notifier for which one is due, the oldest first. Those that are not due yet are
// included, so that all are sent in order.
func (s *Store) Pending(ctx context.Context) ([]Notification, error) {
	var all []Notification
	err := s.query(ctx, func(rows *sql.Rows) error {
		var n Notification
		var created, due int64
		err := rows.Scan(&n.ID, &n.Notifier, &n.Name, &n.Kind, &n.Incident, &created, &n.Payload, &due,
			&n.Attempts, &n.Error, &n.Doubt, &n.Refused)
		n.Created, n.Due = fromMillis(created), fromMillis(due)
		all = append(all, n)
		return err
	}, `SELECT id, notifier, name, kind, incident, created, payload, due, attempts, error, max(doubt, handed), refused
		FROM notification AS n WHERE sent IS NULL AND dropped IS NULL AND (?2 = 0 OR file IN (0, ?2))
			AND (until <= ?1 OR until > ?1 + ?3) AND EXISTS (
				SELECT 1 FROM notification AS d WHERE d.sent IS NULL AND d.dropped IS NULL AND d.file = n.file
				AND d.notifier = n.notifier AND (d.until <= ?1 OR d.until > ?1 + ?3) AND (d.due <= ?1 OR d.due > ?1 + ?4))
		ORDER BY created, id`, millis(s.options.Now()), s.owner.Load(), maxLease.Milliseconds(), MaxWait.Milliseconds())
	return all, err
}

// Claim claims a notification. It returns false if another process has claimed it or has
// sent it. The lease should be longer than sending may take.
func (s *Store) Claim(ctx context.Context, id string, lease time.Duration) (Claim, bool, error) {
	now := s.options.Now()
	claim := Claim{ID: id, Until: now.Add(lease), token: rand.Text()}
	n, err := s.change(ctx, `UPDATE notification SET claim = ?, until = ?, attempts = attempts + 1,
		doubt = max(doubt, handed), handed = 0
		WHERE id = ? AND sent IS NULL AND dropped IS NULL AND (until <= ?4 OR until > ?4 + ?5)`,
		claim.token, millis(claim.Until), id, millis(now), maxLease.Milliseconds())
	return claim, n == 1, err
}

// HandOver records that the point of no return comes next: after it the receiver may
// have the notification. On ErrLost it must not be sent. Call it as late as possible.
func (s *Store) HandOver(ctx context.Context, c Claim) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET handed = 1
		WHERE id = ? AND claim = ? AND sent IS NULL AND until > ?`, c.ID, c.token, millis(s.options.Now()))
}

// Sent records that the receiver has confirmed the notification.
func (s *Store) Sent(ctx context.Context, c Claim) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET sent = ?, handed = 0, error = '', until = 0
		WHERE id = ? AND claim = ? AND sent IS NULL`, millis(s.options.Now()), c.ID, c.token)
}

// Failed records that the receiver does not have the notification, why, and when to try
// again: at most MaxWait from now.
func (s *Store) Failed(ctx context.Context, c Claim, why error, next time.Time) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET due = ?, handed = 0, error = ?, until = 0, claim = ''
		WHERE id = ? AND claim = ? AND sent IS NULL`, s.due(next), why.Error(), c.ID, c.token)
}

// Refused records how many times the receiver has refused the notification permanently,
// why, and when to try it in another form.
func (s *Store) Refused(ctx context.Context, c Claim, times int, why error, next time.Time) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET due = ?, handed = 0, error = ?, until = 0, claim = '', refused = ?
		WHERE id = ? AND claim = ? AND sent IS NULL`, s.due(next), why.Error(), times, c.ID, c.token)
}

// Doubtful records that the receiver may or may not have the notification, why that is
// not known, and when to send it again.
func (s *Store) Doubtful(ctx context.Context, c Claim, why error, next time.Time) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET due = ?, handed = 0, doubt = 1, error = ?, until = 0, claim = ''
		WHERE id = ? AND claim = ? AND sent IS NULL`, s.due(next), why.Error(), c.ID, c.token)
}

// due returns the time of the next attempt as it is stored.
func (s *Store) due(next time.Time) int64 {
	return max(0, min(millis(next), millis(s.options.Now().Add(MaxWait))))
}

// Drop gives up a notification: its notifier no longer exists, or it cannot be sent.
func (s *Store) Drop(ctx context.Context, c Claim, why error) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET dropped = ?, error = ?, until = 0
		WHERE id = ? AND claim = ? AND sent IS NULL`, millis(s.options.Now()), why.Error(), c.ID, c.token)
}

// GivenUp lists notifications a notifier failed to deliver.
type GivenUp struct {
	Notifier string
	// Count is how many notifications were dropped, Since when the first one was, and
	// Error why the last one was.
	Count int
	Since time.Time
	Error string
}

// GivenUp returns what was dropped after a time, for every notifier of Options.File that
// has not since sent a notification created later. An older one that got through does not
// show that the notifier works again.
func (s *Store) GivenUp(ctx context.Context, after time.Time) ([]GivenUp, error) {
	var all []GivenUp
	err := s.query(ctx, func(rows *sql.Rows) error {
		var g GivenUp
		var since, last int64
		err := rows.Scan(&g.Notifier, &g.Count, &since, &last, &g.Error)
		g.Since = fromMillis(since)
		all = append(all, g)
		return err
	}, `SELECT notifier, count(*), (SELECT min(dropped) FROM notification WHERE file = n.file AND notifier = n.notifier AND dropped > ?2),
		max(dropped), error FROM notification AS n
		WHERE file = ?1 AND dropped > ?2 AND dropped >= (SELECT coalesce(max(created), 0) FROM notification WHERE file = n.file AND notifier = n.notifier AND sent IS NOT NULL)
		GROUP BY notifier ORDER BY notifier`, s.owner.Load(), millis(after))
	return all, err
}

// Waiting returns, by notifier of Options.File, why the last attempt failed, for those
// with unsent notifications.
func (s *Store) Waiting(ctx context.Context) (map[string]string, error) {
	why := map[string]string{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var notifier, text string
		err := rows.Scan(&notifier, &text)
		why[notifier] = text
		return err
	}, `SELECT notifier, error FROM notification
		WHERE sent IS NULL AND dropped IS NULL AND error <> '' AND file = ? ORDER BY attempts`, s.owner.Load())
	return why, err
}

// changeClaimed changes a notification, and returns ErrLost if the claim has ended.
func (s *Store) changeClaimed(ctx context.Context, c Claim, statement string, args ...any) error {
	n, err := s.change(ctx, statement, args...)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

// change executes one statement in a transaction, and returns how many rows it changed.
func (s *Store) change(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err = done.RowsAffected()
		return err
	})
	return n, err
}
