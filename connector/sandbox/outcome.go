package sandbox

import "strings"

// The values of [Message.State].
const (
	StateDelivered       = "delivered"
	StateSuppressed      = "suppressed"
	StateTemplateMissing = "template-missing"
	StateTestMode        = "test-mode"
)

const (
	codeDelivered = 250
	codeTestMode  = 650 // Mailgun's "pass sending options" page, o:testmode
)

// suppressions are the codes with which Mailgun fails mail to a suppressed
// recipient (documentation.mailgun.com, "Suppressions").
var suppressions = map[int]struct{ reason, description string }{
	605: {"suppress-bounce", "Not delivering to previously bounced address"},
	606: {"suppress-unsubscribe", "Not delivering to unsubscribed address"},
	607: {"suppress-complaint", "Not delivering to a user who marked your messages as spam"},
}

// outcome says what becomes of an accepted message for a recipient. A template
// is rendered before test mode and suppression lists come into play, so a
// missing one wins.
func (s *Sandbox) outcome(f form, recipient string) (state string, code int) {
	if t, all := f.first("template"), s.config.Templates; t != "" && all != nil && !contains(all, t) {
		return StateTemplateMissing, 0
	}
	if mode := f.first("o:testmode"); mode == "yes" || mode == "true" {
		return StateTestMode, codeTestMode
	}
	for address, code := range s.config.Suppressed {
		if strings.EqualFold(address, recipient) {
			return StateSuppressed, code
		}
	}
	return StateDelivered, codeDelivered
}
