package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"mailgun-connector/connector/config"
)

// Tokens are the API tokens that are valid at a time; several, so that one can
// be replaced without an interruption. They are kept as hashes: comparing those
// takes the same time whatever the lengths.
type Tokens [][sha256.Size]byte

const minToken = 16 // bytes of a token that is not easily guessed

// NewTokens takes the words of a text, separated by white space or commas, as
// tokens. A token is at least 16 visible ASCII characters.
func NewTokens(text string) (Tokens, error) {
	words := config.Secret(text).Words()
	tokens := make(Tokens, 0, len(words))
	for i, word := range words {
		if len(word) < minToken {
			return nil, fmt.Errorf("token %d is shorter than %d characters and easily guessed", i+1, minToken)
		}
		if strings.ContainsFunc(word, func(r rune) bool { return r > '~' }) {
			return nil, fmt.Errorf("token %d holds characters that no HTTP header can carry", i+1)
		}
		tokens = append(tokens, sha256.Sum256([]byte(word)))
	}
	if len(tokens) == 0 {
		return nil, errors.New("there is no token")
	}
	return tokens, nil
}

// match reports whether an Authorization header carries a valid token, as
// "Bearer TOKEN" or bare: Logto sends verbatim what its console was told.
func (t Tokens) match(header string) bool {
	sum := tokenHash(header)
	found := 0
	for i := range t {
		found |= subtle.ConstantTimeCompare(sum[:], t[i][:])
	}
	return found == 1
}

// tokenHash returns the hash of the token in an Authorization header.
func tokenHash(header string) [sha256.Size]byte {
	token := header
	if scheme, rest, ok := strings.Cut(header, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	return sha256.Sum256([]byte(token))
}
