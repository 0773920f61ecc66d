package sandbox

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
	if _, code := s.lists.find(recipient); code != 0 {
		return StateSuppressed, code
	}
	return StateDelivered, codeDelivered
}
