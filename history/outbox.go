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

// Notification is one thing to tell one receiver.
type Notification struct {
	// ID is made by NotificationID. It is what the receiver can tell a
	// repetition by.
	ID string
	// Notifier names the one that sends it, in the file of checks.
	Notifier string
	// Name is that of the check, Kind why it is sent, Incident of what.
	Name, Kind, Incident string
	// Created is when it was decided.
	Created time.Time
	// Payload is what the notifier needs; the store does not look into it.
	Payload []byte
	// Due is before when it is not to be tried (again).
	Due time.Time
	// Attempts is how often it was claimed, Error why the last attempt failed.
	Attempts int
	Error    string
	// Doubt tells that a process ended after HandOver and before Sent, in this
	// attempt or one before: the receiver may have it already.
	Doubt bool
}

// NotificationID makes an identifier of what a notification tells, such as
// notifier, incident, kind and time: always the same one of the same words. It is
// 32 hexadecimal digits.
func NotificationID(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// Claim is the right to send a notification, until a time.
type Claim struct {
	// ID is that of the notification.
	ID string
	// Until is when the claim ends. Sending must have ended by then: give it to
	// the context it is done with.
	Until time.Time

	token string
}

// ErrLost tells that the claim has ended and another process may send.
var ErrLost = errors.New("the claim on the notification has ended")

func putNotifications(ctx context.Context, tx *sql.Tx, all []Notification) error {
	for _, n := range all {
		_, err := tx.ExecContext(ctx, `INSERT INTO notification
			(id, notifier, name, kind, incident, created, payload, due, attempts, error, claim, until, handed, doubt)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '', '', 0, 0, 0) ON CONFLICT DO NOTHING`,
			n.ID, n.Notifier, n.Name, n.Kind, n.Incident, millis(n.Created), append([]byte{}, n.Payload...), max(0, millis(n.Due)))
		if err != nil {
			return err
		}
	}
	return nil
}

// Pending returns the notifications that can be claimed now, the oldest first.
func (s *Store) Pending(ctx context.Context) ([]Notification, error) {
	var all []Notification
	err := s.query(ctx, func(rows *sql.Rows) error {
		var n Notification
		var created, due int64
		err := rows.Scan(&n.ID, &n.Notifier, &n.Name, &n.Kind, &n.Incident, &created, &n.Payload, &due,
			&n.Attempts, &n.Error, &n.Doubt)
		n.Created, n.Due = fromMillis(created), fromMillis(due)
		all = append(all, n)
		return err
	}, `SELECT id, notifier, name, kind, incident, created, payload, due, attempts, error, max(doubt, handed)
		FROM notification WHERE sent IS NULL AND dropped IS NULL AND due <= ?1 AND until <= ?1
		ORDER BY created, id`, millis(s.options.Now()))
	return all, err
}

// Claim takes the right to send a notification for a time. It is false when
// another process has it, or has sent it. The lease should be longer than sending
// may take.
func (s *Store) Claim(ctx context.Context, id string, lease time.Duration) (Claim, bool, error) {
	now := s.options.Now()
	claim := Claim{ID: id, Until: now.Add(lease), token: rand.Text()}
	n, err := s.change(ctx, `UPDATE notification SET claim = ?, until = ?, attempts = attempts + 1,
		doubt = max(doubt, handed), handed = 0
		WHERE id = ? AND sent IS NULL AND dropped IS NULL AND due <= ?4 AND until <= ?4`,
		claim.token, millis(claim.Until), id, millis(now))
	return claim, n == 1, err
}

// HandOver says that the point of no return comes next: after it the receiver may
// have the notification. On ErrLost it must not be sent. Call it as late as can be.
func (s *Store) HandOver(ctx context.Context, c Claim) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET handed = 1
		WHERE id = ? AND claim = ? AND sent IS NULL AND until > ?`, c.ID, c.token, millis(s.options.Now()))
}

// Sent says that the receiver has confirmed it.
func (s *Store) Sent(ctx context.Context, c Claim) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET sent = ?, handed = 0, error = '', until = 0
		WHERE id = ? AND claim = ? AND sent IS NULL`, millis(s.options.Now()), c.ID, c.token)
}

// Failed says that the receiver does not have it, why, and when to try again.
func (s *Store) Failed(ctx context.Context, c Claim, why error, next time.Time) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET due = ?, handed = 0, error = ?, until = 0, claim = ''
		WHERE id = ? AND claim = ? AND sent IS NULL`, max(0, millis(next)), why.Error(), c.ID, c.token)
}

// Drop gives a notification up: its notifier is no more, or it will never be sent.
func (s *Store) Drop(ctx context.Context, c Claim, why error) error {
	return s.changeClaimed(ctx, c, `UPDATE notification SET dropped = ?, error = ?, until = 0
		WHERE id = ? AND claim = ? AND sent IS NULL`, millis(s.options.Now()), why.Error(), c.ID, c.token)
}

// changeClaimed changes a notification as long as the claim holds.
func (s *Store) changeClaimed(ctx context.Context, c Claim, statement string, args ...any) error {
	n, err := s.change(ctx, statement, args...)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

// change is one statement in a transaction; it returns how many rows it changed.
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
