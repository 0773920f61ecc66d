package callers

import (
	"time"

	"mailgun-connector/connector"
)

// LastCalls says what became of the last call that was the named caller's, and of one after it
// that may have been; nothing where that is not known.
func LastCalls(name string, last *connector.LastCalls) []connector.Finding {
	if last == nil {
		return nil
	}
	if last.Proven == nil && last.Unproven == nil {
		return []connector.Finding{connector.FoundNoCall.With(map[string]string{"caller": name})}
	}
	var found []connector.Finding
	if call := last.Proven; call != nil {
		f := ofCall(connector.FoundLastCall, name, call)
		if !wentWell(call) {
			f.Level = connector.Warning
		}
		found = append(found, f)
	}
	if call := last.Unproven; call != nil && (last.Proven == nil || call.At.After(last.Proven.At)) {
		found = append(found, ofCall(connector.FoundStrangersCall, name, call))
	}
	return found
}

// ofCall returns what there is to say of a named caller's call.
func ofCall(code connector.FindingCode, name string, call *connector.CallRecord) connector.Finding {
	f := code.With(map[string]string{
		"caller": name, "type": call.Type, "outcome": call.Outcome, "reason": call.Reason, "why": call.Detail,
		"at": call.At.UTC().Format(time.DateTime) + " UTC",
	})
	f.Hint = call.Hint
	return f
}

// wentWell reports whether nobody has to do anything about a call.
func wentWell(call *connector.CallRecord) bool {
	return call.Outcome == "sent" || call.Outcome == "queued" || call.Outcome == "nothing"
}
