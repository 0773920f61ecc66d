package connector

import (
	"maps"
	"slices"
)

// CallReason is why a call of a [Caller] was not taken, or asked for no mail, as a word for
// programs: the same in logs, metrics and records. [CallReason.Words] says it to people.
type CallReason string

// Why a call is not looked into.
const (
	CallUnreadable  CallReason = "body_unreadable"
	CallWrongMethod CallReason = "wrong_method"
)

// Why a call is not proven.
const (
	CallMissingHeader CallReason = "missing_header"
	CallBadTimestamp  CallReason = "bad_timestamp"
	CallStale         CallReason = "stale"
	CallFuture        CallReason = "future"
	CallBadSignature  CallReason = "bad_signature"
	CallNoToken       CallReason = "no_token"
	CallWrongToken    CallReason = "wrong_token"
	CallBadToken      CallReason = "bad_token" // no token signed by the one algorithm
	CallUnknownKey    CallReason = "unknown_key"
	CallNoKeys        CallReason = "no_keys"
	CallNoEnd         CallReason = "no_end"
	CallWrongAudience CallReason = "wrong_audience"
	CallWrongSubject  CallReason = "wrong_subject"
	CallWrongEvent    CallReason = "wrong_event"
)

// Why a call that is proven asks for no mail.
const (
	CallOtherEvent        CallReason = "other_event"
	CallDeliveredByCaller CallReason = "delivered_by_caller"
)

// Words returns those of the reason, none if it has none.
func (r CallReason) Words() Words { return callWords[r] }

// CallReasons returns all reasons, sorted.
func CallReasons() []CallReason { return slices.Sorted(maps.Keys(callWords)) }

// What to do about calls that may have been a stranger's, or not.
const (
	copyAgain   = "If it was not a stranger's: copy the secret from there to here once more."
	lookThere   = "If it was not a stranger's: compare the token there with the one here."
	setClocks   = "If it was not a stranger's: set the clocks of both machines, or the caller's toleranceSeconds."
	lookForKeys = "If it was not a stranger's: the caller's jwks must be the address of that server's keys."
	lookBetween = "If it was not a stranger's: look for a proxy that changes the call, or for another hook that " +
		"has this address."
	setMethod = "If it was not a stranger's: set the method there to POST."
)

// callWords are the one place of all words about why a call came to nothing.
var callWords = map[CallReason]Words{
	CallUnreadable:  {"Its body could not be read, or is too large.", lookBetween},
	CallWrongMethod: {"It was made by a method that this caller never calls by.", setMethod},

	CallMissingHeader: {"It has no signature.", lookBetween},
	CallBadTimestamp:  {"The time in its signature is none.", lookBetween},
	CallStale:         {"It was signed too long ago: it is a repetition, or the clocks differ.", setClocks},
	CallFuture:        {"It was signed in the future: the clocks differ.", setClocks},
	CallBadSignature:  {"Its signature was made with another secret, or for another call.", copyAgain},
	CallNoToken:       {"It has no token.", lookThere},
	CallWrongToken:    {"Its token is another one.", lookThere},
	CallBadToken:      {"Its token is not one that is signed with RS256.", lookBetween},
	CallUnknownKey:    {"Its token is signed with a key that is not at the caller's jwks.", lookForKeys},
	CallNoKeys:        {"The keys could not be fetched from the caller's jwks.", "Open that address from here."},
	CallNoEnd:         {"Its token never ends.", lookBetween},
	CallWrongAudience: {"Its token is for another audience.", "Compare the caller's audience with the server's."},
	CallWrongSubject:  {"Its token is not one of a webhook.", lookBetween},
	CallWrongEvent:    {"Its token is of another event than the call.", lookBetween},

	CallOtherEvent:        {"It tells of something else than a mail.", "Choose no other event there."},
	CallDeliveredByCaller: {"The server sends this mail itself.", "Switch its own delivery off there."},
}
