package callers

import (
	"time"

	"mailgun-connector/connector"
)

// The reasons for which a call that is proven asks for no mail.
const (
	otherEvent        = "other_event"
	deliveredByCaller = "delivered_by_caller"
)

// What to do about calls that may have been a stranger's, or not.
const (
	copyAgain   = "If it was not a stranger's: copy the secret from there to here once more."
	lookThere   = "If it was not a stranger's: compare the token there with the one here."
	setClocks   = "If it was not a stranger's: set the clocks of both machines, or the caller's toleranceSeconds."
	lookForKeys = "If it was not a stranger's: the caller's jwks must be the address of that server's keys."
	lookBetween = "If it was not a stranger's: look for a proxy that changes the call, or for another hook that " +
		"has this address."
)

// words tell why a call came to nothing, and what to do about it.
var words = map[string]connector.Words{
	missingHeader: {What: "It has no signature.", Hint: lookBetween},
	badTimestamp:  {What: "The time in its signature is none.", Hint: lookBetween},
	stale:         {What: "It was signed too long ago: it is a repetition, or the clocks differ.", Hint: setClocks},
	future:        {What: "It was signed in the future: the clocks differ.", Hint: setClocks},
	badSignature:  {What: "Its signature was made with another secret, or for another call.", Hint: copyAgain},
	noToken:       {What: "It has no token.", Hint: lookThere},
	wrongToken:    {What: "Its token is another one.", Hint: lookThere},
	badToken:      {What: "Its token is not one that is signed with RS256.", Hint: lookBetween},
	unknownKey:    {What: "Its token is signed with a key that is not at the caller's jwks.", Hint: lookForKeys},
	noKeys:        {What: "The keys could not be fetched from the caller's jwks.", Hint: "Open that address from here."},
	noEnd:         {What: "Its token never ends.", Hint: lookBetween},
	wrongAudience: {What: "Its token is for another audience.", Hint: "Compare the caller's audience with the server's."},
	wrongSubject:  {What: "Its token is not one of a webhook.", Hint: lookBetween},
	wrongEvent:    {What: "Its token is of another event than the call.", Hint: lookBetween},

	otherEvent:        {What: "It tells of something else than a mail.", Hint: "Choose no other event there."},
	deliveredByCaller: {What: "The server sends this mail itself.", Hint: "Switch its own delivery off there."},
}

// explained adds the words to records that have none.
func explained(last connector.LastCalls) *connector.LastCalls {
	for _, call := range []**connector.CallRecord{&last.Proven, &last.Unproven} {
		if *call != nil && (*call).Detail == "" {
			told := **call
			told.Detail, told.Hint = words[told.Reason].What, words[told.Reason].Hint
			*call = &told
		}
	}
	return &last
}

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
