package connector

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
)

// maxRecipient is the longest address in bytes (RFC 5321, section 4.5.3.1.3,
// less the angle brackets).
const maxRecipient = 254

// ErrRecipient marks an [Error] that is about the address which a code was to go to: the
// person who typed it can put it right.
var ErrRecipient = errors.New("the recipient's address is wrong")

// CheckRecipient says what is wrong with an address that a code is to go to, by
// the name of the member that has it. It takes one bare address and nothing that Mailgun or a mail server could read
// as more: Mailgun splits on commas, and a second recipient would be somebody
// else who gets the code.
func CheckRecipient(name, to string) error {
	switch {
	case to == "":
		return fmt.Errorf("%q must be an e-mail address, not empty", name)
	case len(to) > maxRecipient:
		return fmt.Errorf("%q is longer than the 254 bytes of an e-mail address", name)
	case strings.ContainsFunc(to, unseen):
		return fmt.Errorf("%q must not hold white space, control characters or invisible ones", name)
	case strings.Contains(to, "=?") && strings.Contains(to, "?="): // RFC 2047: a mail server could decode it into another address
		return fmt.Errorf("%q must not hold an encoded word", name)
	case strings.ContainsAny(to, `,;:<>()[]\"`):
		return fmt.Errorf("%q must be exactly one bare e-mail address, such as user@example.com, without a name or list", name)
	}
	if _, err := mail.ParseAddress(to); err != nil {
		return fmt.Errorf("%q is no e-mail address", name)
	}
	return nil
}

// unseen reports whether a reader can't see r, or sees a gap: such an address
// would not be the one it looks like.
func unseen(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Z) || r == unicode.ReplacementChar
}

// normalize gives the form in which an address is counted: case folded and
// without a +tag, as both spellings reach the same inbox almost everywhere.
func normalize(to string) string {
	to = strings.ToLower(to)
	local, domain, _ := strings.Cut(to, "@")
	if i := strings.IndexByte(local, '+'); i > 0 {
		local = local[:i]
	}
	return local + "@" + domain
}

// RecipientHash stands for an address where the address itself must not appear.
type RecipientHash [16]byte

// String gives a short form for logs, 12 hexadecimal digits.
func (h RecipientHash) String() string { return hex.EncodeToString(h[:6]) }

// MarshalText gives the same short form, so that what the API shows can be found
// in the log.
func (h RecipientHash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// RecipientHasher makes [RecipientHash]es with a key, so that a hash can't be
// found out by hashing likely addresses.
type RecipientHasher struct{ key []byte }

// NewRecipientHasher uses key, or a random one if key is empty: the hashes of
// two processes are then not comparable.
func NewRecipientHasher(key []byte) *RecipientHasher {
	if len(key) == 0 {
		key = make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails, since Go 1.24
	}
	return &RecipientHasher{key}
}

// Hash gives the hash of an address in its normalised form: two spellings of an
// address that differ in case or +tag have the same.
func (r *RecipientHasher) Hash(to string) RecipientHash {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(normalize(to)))
	return RecipientHash(mac.Sum(nil)[:len(RecipientHash{})])
}
