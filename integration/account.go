package integration

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Domain is the one the lab takes mail for.
const Domain = "example.test"

// User is an account of the lab. Its name is its mail address, and it is the
// same for POP3, IMAP and SMTP AUTH.
type User struct {
	Name     string
	Password string
}

// accountCount bounds how many users one lab hands out.
const accountCount = 1000

// quotaUser has a mailbox with no room for any message.
const quotaUser = "quota@" + Domain

// tightUser has a mailbox with room for TightLimit bytes.
const (
	tightUser  = "tight@" + Domain
	TightLimit = 20 << 10
)

// Unverifiable is the name of an account whose password Dovecot cannot verify, since
// the user database that it asks is down.
const Unverifiable = "unreadable@" + Domain

// hashedUser has a password that is stored as a hash, of which only PLAIN and LOGIN
// are any use; singleUsers have mailboxes that are one file.
const hashedUser = "hashed@" + Domain

var singleUsers = []string{"single1@" + Domain, "single2@" + Domain, "single3@" + Domain}

// makeUsers invents the lab's users; the passwords hold nothing that could
// stand in a server's reply by accident.
func makeUsers() []User {
	users := make([]User, accountCount)
	for i := range users {
		users[i] = newUser(fmt.Sprintf("user%03d@%s", i, Domain))
	}
	return users
}

func newUser(name string) User { return User{name, "pw-" + rand.Text()} }

// passwd is the accounts as Dovecot's passwd-file driver reads them.
func (l *Lab) passwd() string {
	var b strings.Builder
	for _, u := range l.users {
		fmt.Fprintf(&b, "%s:{PLAIN}%s::::::\n", u.Name, u.Password)
	}
	fmt.Fprintf(&b, "%s:{PLAIN}%s::::::userdb_quota_rule=*:bytes=100\n", quotaUser, rand.Text())
	fmt.Fprintf(&b, "%s:{PLAIN}%s::::::userdb_quota_rule=*:bytes=%d\n", l.tight.Name, l.tight.Password, TightLimit)
	fmt.Fprintf(&b, "%s:{SHA256}%s::::::\n", l.hashed.Name, sha256Of(l.hashed.Password))
	for _, u := range l.single {
		fmt.Fprintf(&b, "%s:{PLAIN}%s::::::userdb_mail=mbox:~/mail:INBOX=~/inbox\n", u.Name, u.Password)
	}
	return b.String()
}

// sha256Of is a password as Dovecot's scheme SHA256 stores it.
func sha256Of(password string) string {
	sum := sha256.Sum256([]byte(password))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// HashedUser is an account whose password is stored as a hash: CRAM-MD5 and SCRAM are
// offered to it and cannot work. There is only one.
func (l *Lab) HashedUser() User { return l.hashed }

// SingleUser hands out an account whose mailbox is one file, which a lock file beside
// it locks. It panics when there are no more of them.
func (l *Lab) SingleUser() User { return l.single[l.usedSingle.Add(1)-1] }

// NewUser hands out an account with an empty mailbox that no other caller
// gets. It panics when the lab has no more of them.
func (l *Lab) NewUser() User {
	return l.users[l.used.Add(1)-1]
}

// QuotaUser is the address of a mailbox that is over its quota: LMTP takes the
// recipient and refuses the message.
func (l *Lab) QuotaUser() string { return quotaUser }

// TightUser is an account whose mailbox has room for TightLimit bytes. There is
// only one.
func (l *Lab) TightUser() User { return l.tight }

// Token makes an OAuth 2.0 bearer token (a JSON Web Token, RFC 7519) for user
// that is valid until expires.
func (l *Lab) Token(user User, expires time.Time) string {
	claims := map[string]any{"sub": user.Name, "iat": time.Now().Unix() - 60, "exp": expires.Unix()}
	signed := jwtPart(map[string]any{"typ": "JWT", "alg": "HS256"}) + "." + jwtPart(claims)
	mac := hmac.New(sha256.New, l.tokenKey)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func jwtPart(v map[string]any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and integers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
