package httpapi

import (
	"encoding/json"
	"errors"
	"time"
)

// expiry is when a code's life ends, zero for an empty string or null.
type expiry struct{ time.Time }

var errNoTime = errors.New("expiresAt is not a time")

// UnmarshalJSON takes RFC 3339 only. It does so in the place of [time.Time], whose error
// names no member.
func (e *expiry) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errNoTime
	}
	if text == "" {
		return nil
	}
	var err error
	if e.Time, err = time.Parse(time.RFC3339, text); err != nil {
		return errNoTime
	}
	return nil
}
