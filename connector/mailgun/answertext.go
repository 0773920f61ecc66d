package mailgun

import (
	"encoding/json"
	"regexp"
	"strings"
)

const maxMessage = 200 // bytes of Mailgun's text that are passed on

// addressText also finds an address in a link.
var addressText = regexp.MustCompile(`(?i)[^\s<>"'(),;:]+(?:@|%40)[^\s<>"'(),;:]+`)

// answerText returns Mailgun's own message in an answer, on one line, or "" for what
// is no JSON of Mailgun's, such as a proxy's page.
func answerText(body []byte) string {
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil {
		if strings.TrimSpace(string(body)) == "Forbidden" { // Mailgun's 401
			return "Forbidden"
		}
		return ""
	}
	return oneLine(answer.Message)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// redact returns a text of Mailgun's without what it repeats of the mail and
// without addresses, and then shortened: the other way round, a piece of a code
// could remain at the end.
func redact(s string, private []string) string {
	for _, p := range private {
		if p = oneLine(p); p != "" {
			s = strings.ReplaceAll(s, p, "…")
		}
	}
	s = addressText.ReplaceAllString(s, "…")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}
