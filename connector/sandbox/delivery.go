package sandbox

import "cmp"

// The codes that Mailgun makes up itself for mail that it does not even try to
// deliver.
const (
	codeBounced      = 605
	codeUnsubscribed = 606
	codeComplained   = 607
)

// The values of "reason" in a failed event that have a code or text of their
// own (Mailgun's documentation and django-anymail's tests).
const (
	reasonBounce      = "bounce"
	reasonGeneric     = "generic"
	reasonGreylisted  = "greylisted"
	reasonOld         = "old"
	reasonSuppressed  = "suppress-bounce"
	reasonUnsubscribe = "suppress-unsubscribe"
	reasonComplaint   = "suppress-complaint"
)

// deliveryStatus is the member delivery-status of delivered and failed events.
// The pointers are absent unless a mail server was reached.
type deliveryStatus struct {
	TLS                 *bool   `json:"tls,omitempty"`
	CertificateVerified *bool   `json:"certificate-verified,omitempty"`
	UTF8                *bool   `json:"utf8,omitempty"`
	MXHost              string  `json:"mx-host,omitempty"`
	AttemptNo           int     `json:"attempt-no"`
	Code                int     `json:"code"`
	EnhancedCode        string  `json:"enhanced-code,omitempty"`
	Description         string  `json:"description"`
	Message             string  `json:"message"`
	RetrySeconds        int     `json:"retry-seconds,omitempty"`
	SessionSeconds      float64 `json:"session-seconds"`
}

// newDeliveryStatus returns what an event says about its delivery. In test mode
// and for suppressed recipients Mailgun talks to no mail server.
func newDeliveryStatus(e Event, domain string) *deliveryStatus {
	d := &deliveryStatus{AttemptNo: 1, Code: e.Code, Description: descriptions[e.Code], Message: e.Message}
	if e.Severity == SeverityTemporary {
		d.RetrySeconds = 600 // the first step of Mailgun's own delivery retries
	}
	if e.Code >= 600 {
		return d
	}
	d.TLS, d.CertificateVerified, d.UTF8 = new(true), new(true), new(true)
	d.MXHost, d.SessionSeconds = "mx."+domain, 0.25
	said := replies[e.Code]
	d.EnhancedCode, d.Message = said.enhanced, cmp.Or(e.Message, said.text)
	return d
}

// descriptions are Mailgun's own words, by code.
var descriptions = map[int]string{
	602:              "Too old",
	codeBounced:      "Not delivering to previously bounced address",
	codeUnsubscribed: "Not delivering to unsubscribed address",
	codeComplained:   "Not delivering to a user who marked your messages as spam",
	625:              "Poor mailing list quality",
}

// replies are what a mail server may say, by code.
var replies = map[int]struct{ enhanced, text string }{
	codeDelivered: {"2.0.0", "OK"},
	450:           {"4.7.1", "4.7.1 Recipient address rejected: Greylisted"},
	451:           {"4.3.0", "4.3.0 Temporary server error, try again later"},
	550:           {"5.1.1", "5.1.1 The email account that you tried to reach does not exist"},
}

// defaultReason is the reason of a failure that names none.
func defaultReason(severity string) string {
	if severity == SeverityTemporary {
		return reasonGeneric
	}
	return reasonBounce
}

// defaultCode is the code of a failure that names none.
func defaultCode(severity, reason string) int {
	switch {
	case severity == SeverityTemporary && reason == reasonGreylisted:
		return 450
	case severity == SeverityTemporary:
		return 451
	case reason == reasonOld:
		return 602
	}
	for code, r := range suppressions {
		if r == reason {
			return code
		}
	}
	return 550
}

// suppressions are the reasons of mail to suppressed recipients, by code.
var suppressions = map[int]string{
	codeBounced:      reasonSuppressed,
	codeUnsubscribed: reasonUnsubscribe,
	codeComplained:   reasonComplaint,
}
