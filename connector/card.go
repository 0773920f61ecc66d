package connector

import (
	"time"

	"mailgun-connector/connector/config"
	"mailgun-connector/templates/builtin"
)

// CallerCard is what whoever sets up a [Caller] needs to know of it. It holds no secret, and
// nothing of what calls say.
type CallerCard struct {
	Name     string         `json:"name"`
	Type     string         `json:"type"`
	Path     string         `json:"path"`  // of the URL that it calls
	Setup    string         `json:"setup"` // what to paste where, in words
	Content  config.Content `json:"content"`
	Mails    []CallerMail   `json:"mails"`
	Findings []Finding      `json:"findings"` // what is not as it should be
	Last     *LastCalls     `json:"last"`     // nil where that is not known
}

// CallerMail is a kind of mail that a [Caller] asks for, and what it gets.
type CallerMail struct {
	Type  string       `json:"type"`  // what the caller calls it
	Usage string       `json:"usage"` // our usage type
	Kind  builtin.Kind `json:"kind"`
	Sends Sends        `json:"sends"`
	// Source is the [deliveries.Content.Source] of what is sent to people who read the
	// fallback language, "" where that is none of the config's.
	Source string `json:"source,omitempty"`
}

// Sends is whose mail is sent, or why there is none.
type Sends string

// What is sent.
const (
	SendsOwn     Sends = "own"     // the config's own content for the type
	SendsBuiltin Sends = "builtin" // a mail of the brand
	SendsGeneric Sends = "generic" // the config's Generic content
	SendsCaller  Sends = "caller"  // the mail that the call brings
	SendsRefused Sends = "refused" // nothing, for lack of content
	SendsDropped Sends = "dropped" // nothing, and the caller is told that all is well: it is a notice
)

// LastCalls are the newest calls of a [Caller] since the process started, nil for none. A
// call that anybody could have made does not hide one that was the caller's.
type LastCalls struct {
	Proven   *CallRecord `json:"proven"`
	Unproven *CallRecord `json:"unproven"`
}

// CallRecord is what became of a call, and nothing of what it said.
type CallRecord struct {
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"` // as the metric of calls has it
	// Type is what the caller calls the mail, of several the first; "" where that is not
	// known.
	Type      string `json:"type,omitempty"`
	Reason    string `json:"reason,omitempty"` // a [Reason] or [CallReason], of a call that came to nothing
	Detail    string `json:"detail,omitempty"` // the same in a sentence, and what to do
	Hint      string `json:"hint,omitempty"`
	RequestID string `json:"requestId"`
}
