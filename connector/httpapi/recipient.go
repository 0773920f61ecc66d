package httpapi

import (
	"encoding/json"
	"errors"
)

// recipient is an address that a code is to go to. It takes one member only:
// encoding/json would take the last of {"to":…,"TO":…}, and whoever has looked at the
// request before us may have taken the first.
type recipient struct {
	address string
	given   bool
}

var errTwice = errors.New("duplicate recipient")

// UnmarshalJSON is called for each member of the name, whatever its case.
func (r *recipient) UnmarshalJSON(text []byte) error {
	if r.given {
		return errTwice
	}
	r.given = true
	return json.Unmarshal(text, &r.address)
}
