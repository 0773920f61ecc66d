package connector

// Level says how a [Finding] is meant.
type Level string

// The levels of findings.
const (
	OK        Level = "ok"
	Warning   Level = "warning"   // works, but probably not as meant
	Broken    Level = "problem"   // keeps mails, or news of them, from arriving
	Uncertain Level = "uncertain" // could not be found out
)

// Finding is one thing that a check of the account at Mailgun has come to.
type Finding struct {
	Check  string `json:"check"`         // what was looked at, such as "domain"
	Way    Way    `json:"way,omitempty"` // [OtherWay] where it is about the failover
	Level  Level  `json:"level"`
	Detail string `json:"detail"`         // a sentence
	Hint   string `json:"hint,omitempty"` // what to do
}
