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

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxRecipient is the longest address in bytes (RFC 5321, section 4.5.3.1.3,
// less the angle brackets).
const maxRecipient = 254

// ErrRecipient marks an [Error] that is about the address which a code was to go to: the
// person who typed it can put it right.
var ErrRecipient = errors.New("the recipient's address is wrong")

// specials mean more than one bare address to some reader (RFC 5322, section 3.2.3).
const specials = `,;:<>()[]\"`

// CheckRecipient says what is wrong with an address that a code is to go to, by
// the name of the member that has it. It takes one bare address that can exist, and
// nothing that Mailgun or a mail server could read as more: Mailgun splits on commas,
// and a second recipient would be somebody else who gets the code.
func CheckRecipient(name, to string) error {
	folded := norm.NFKC.String(to) // as the next reader may fold it
	switch {
	case to == "":
		return fmt.Errorf("%q must be an e-mail address, not empty", name)
	case len(to) > maxRecipient:
		return fmt.Errorf("%q is longer than the 254 bytes of an e-mail address", name)
	case strings.ContainsFunc(to, unseen):
		return fmt.Errorf("%q must not hold white space, control characters or invisible ones", name)
	case strings.Contains(to, "=?") && strings.Contains(to, "?="):
		// RFC 2047: a mail server could decode it into another address.
		return fmt.Errorf("%q must not hold an encoded word", name)
	case strings.ContainsAny(folded, specials):
		return fmt.Errorf("%q must be exactly one bare e-mail address, such as user@example.com, "+
			"without a name or list", name)
	}
	if _, err := mail.ParseAddress(to); err != nil || strings.Count(folded, "@") != 1 {
		return fmt.Errorf("%q is no e-mail address", name)
	}
	local, domain, _ := strings.Cut(to, "@")
	if len(local) > maxLocal {
		return fmt.Errorf("%q has more than the 64 bytes that an e-mail address may have before its @", name)
	}
	if domain, err := asciiDomain(domain); err != nil || !isMailDomain(domain) {
		return fmt.Errorf("%q has a domain that is not a DNS name, such as example.com", name)
	}
	return nil
}

const (
	maxLocal  = 64 // bytes before the @, RFC 5321, section 4.5.3.1.1
	maxLabel  = 63 // RFC 1035, section 2.3.4
	maxDomain = 253
)

// domains are mapped as in a look-up (UTS 46), as Mailgun does before it sends
// (documentation.mailgun.com, "Internationalization").
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true), idna.StrictDomainName(true))

// asciiDomain returns the one form of a domain that its spellings have in common: case,
// width and composition do not count, and other letters than ASCII's are encoded.
func asciiDomain(domain string) (string, error) {
	lower := strings.ToLower(domain)
	if isASCII(lower) && !strings.Contains(lower, "xn--") {
		return lower, nil
	}
	return domains.ToASCII(domain)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// isMailDomain reports whether a domain in its ASCII form can be that of an address: a
// host name of at least two labels (RFC 1123, section 2.1), the last of which is no number.
func isMailDomain(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || len(domain) > maxDomain {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// unseen reports whether a reader can't see r, or sees a gap: such an address
// would not be the one it looks like.
func unseen(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Z) || r == unicode.ReplacementChar
}

// normalize returns the form in which an address is counted: the domain as DNS has it,
// the rest folded (NFKC, case) and without a +tag, as all spellings reach the same inbox
// almost everywhere.
func normalize(to string) string {
	local, domain, _ := strings.Cut(to, "@")
	if name, err := asciiDomain(domain); err == nil {
		domain = name
	}
	if isASCII(local) {
		local = strings.ToLower(local)
	} else {
		local = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(local)))
	}
	if i := strings.IndexByte(local, '+'); i > 0 {
		local = local[:i]
	}
	return local + "@" + domain
}

// RecipientHash stands for an address where the address itself must not appear.
type RecipientHash [16]byte

// String returns a short form for logs, 12 hexadecimal digits.
func (h RecipientHash) String() string { return hex.EncodeToString(h[:6]) }

// MarshalText returns the same short form, so that what the API shows can be found
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

// Hash returns the hash of an address in its normalised form: two spellings of an
// address that differ in case or +tag have the same.
func (r *RecipientHasher) Hash(to string) RecipientHash {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(normalize(to)))
	return RecipientHash(mac.Sum(nil)[:len(RecipientHash{})])
}
