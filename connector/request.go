package connector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates/locale"
)

// Request asks for one mail, in the shape of Logto's http-email connector.
type Request struct {
	To      string         `json:"to"`      // one bare e-mail address
	Type    string         `json:"type"`    // usage type
	Payload map[string]any `json:"payload"` // numbers as json.Number
	IP      string         `json:"ip"`      // of the person who asked, if known; may be a backend's
	// ExpiresAt is when the code's life ends, if the caller knows: it then wins
	// over options.deliverWithin. RFC 3339; at most 24 hours ahead.
	ExpiresAt time.Time `json:"expiresAt"`
	// IdempotencyKey is the same for a request that comes again, "" if nobody can tell.
	IdempotencyKey string `json:"-"`
	// Test says that the mail is to try the service.
	Test bool `json:"-"`

	// Caller is the name of the identity server whose call this was made of, "" for a
	// request in our own form.
	Caller string `json:"-"`
	// Notice says that the mail tells of something, and needs neither code nor link.
	Notice bool `json:"-"`
	// Rendered is the mail as the caller has made it, nil for none. With RenderedLast it
	// is sent only where the config has no content for the usage type.
	Rendered     *deliveries.Rendered `json:"-"`
	RenderedLast bool                 `json:"-"`
}

// Payload members with a meaning of their own. All others only fill
// placeholders and template variables.
var knownStrings = []string{"code", "link", "locale", "uiLocales"}

// A usage type is made of these letters, as the config's schema says too.
const (
	usageTypeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
	maxUsageType     = 64
)

// IsUsageType reports whether a name can be that of a usage type.
func IsUsageType(name string) bool {
	return name != "" && len(name) <= maxUsageType && strings.Trim(name, usageTypeLetters) == ""
}

// check checks all but the recipient.
func (r *Request) check() error {
	if r.Type == "" {
		return errors.New(`"type" must be a usage type, such as "SignIn", not empty`)
	}
	if !IsUsageType(r.Type) {
		return errors.New(`"type" must be 1 to 64 letters, digits, "_", "-" or "."`)
	}
	for _, name := range knownStrings {
		switch r.Payload[name].(type) {
		case nil, string:
		default:
			return fmt.Errorf(`"payload.%s" must be a string`, name)
		}
	}
	return nil
}

// Languages returns the language tags of the request in order of preference.
func (r *Request) Languages() []string {
	return locale.Wanted(r.string("uiLocales"), r.string("locale"))
}

func (r *Request) string(name string) string {
	s, _ := r.Payload[name].(string)
	return s
}

// variables are what a Mailgun template gets of the payload: recipients can read them in
// the mail, and a caller's payload is all that the identity server knows of a person.
func (r *Request) variables() map[string]any {
	if r.Caller == "" {
		return r.Payload
	}
	known := map[string]any{}
	for _, name := range knownStrings {
		if value, ok := r.Payload[name]; ok {
			known[name] = value
		}
	}
	return known
}

// redact lists what a text of Mailgun's might repeat of the mail.
func (r *Request) redact(subject string) []string {
	all := []string{r.To, subject, r.string("link"), r.string("code")}
	all = slices.DeleteFunc(all, func(s string) bool { return s == "" })
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) }) // longest first: one may hold another
	return all
}
