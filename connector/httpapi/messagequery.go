package httpapi

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"mailgun-connector/connector"
)

// messageQuery says which messages are wanted, in a query string or a body; empty members
// ask for all.
type messageQuery struct {
	To        string          `json:"to"`        // a whole address
	Recipient string          `json:"recipient"` // its hash, as log and messages have it
	State     connector.State `json:"state"`
	Type      string          `json:"type"`
	Since     string          `json:"since"`
	Until     string          `json:"until"`
	Cursor    string          `json:"cursor"`
	Limit     *int            `json:"limit"`
}

const (
	defaultLimit = 50
	maxLimit     = 200
	hashDigits   = 12 // of [connector.RecipientHash.String]
)

var errBadLimit = badQuery(`"limit" must be a number from 1 to 200.`)

func badQuery(detail string) error {
	return &connector.Error{Code: connector.InvalidRequest, Message: detail}
}

// filter returns what the query asks for, and the address to look for.
func (q *messageQuery) filter() (f connector.MessageFilter, address string, err error) {
	f = connector.MessageFilter{State: q.State, Type: q.Type, Limit: defaultLimit}
	if f.State != "" && !slices.Contains(connector.States, f.State) {
		return f, "", badQuery(`"state" must be a state, such as "queued".`)
	}
	if f.Since, err = queriedTime("since", q.Since); err != nil {
		return f, "", err
	}
	if f.Until, err = queriedTime("until", q.Until); err != nil {
		return f, "", err
	}
	if q.Cursor != "" {
		id, err := uuid.Parse(q.Cursor)
		if err != nil {
			return f, "", badQuery(`"cursor" must be the nextCursor of the page before.`)
		}
		f.Cursor = id.String()
	}
	if q.Limit != nil {
		if f.Limit = *q.Limit; f.Limit < 1 || f.Limit > maxLimit {
			return f, "", errBadLimit
		}
	}
	address, f.Hash, err = q.recipient()
	return f, address, err
}

// recipient returns the address or the hash that is asked for. Half an address can't be
// looked for: of each only a hash is kept.
func (q *messageQuery) recipient() (address string, hash []byte, err error) {
	switch {
	case q.To != "" && q.Recipient != "":
		return "", nil, badQuery(`Ask for an address in "to" or for a hash in "recipient", not for both.`)
	case q.To != "":
		return q.To, nil, wholeAddress("to", q.To)
	case strings.Contains(q.Recipient, "@"):
		return q.Recipient, nil, wholeAddress("recipient", q.Recipient)
	case q.Recipient == "":
		return "", nil, nil
	}
	if hash, err = hex.DecodeString(q.Recipient); err != nil || len(q.Recipient) != hashDigits {
		return "", nil, badQuery(`"recipient" must be the 12 hexadecimal digits that messages and the log have. ` +
			`An address goes into "to", and it must be the whole one: only its hash is kept.`)
	}
	return "", hash, nil
}

func wholeAddress(name, address string) error {
	if connector.CheckRecipient(name, address) != nil {
		return badQuery(`"` + name + `" must be the whole address, such as ada@example.org: ` +
			`only a hash of it is kept, and a part of it finds nothing.`)
	}
	return nil
}

func queriedTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, badQuery(`"` + name + `" must be a time like 2026-11-24T13:30:00Z.`)
	}
	return at, nil
}
