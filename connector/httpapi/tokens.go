package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"mailgun-connector/connector/config"
)

// Tokens are the API tokens that are valid at a time; several, so that one can
// be replaced without an interruption, and so that each may no more than it needs.
type Tokens []Token

// Token is an API token. It is kept as a hash: comparing those takes the same time
// whatever the lengths.
type Token struct {
	Name   string // "" for none
	Scopes Scopes
	hash   [sha256.Size]byte
}

const (
	minToken   = 16 // bytes of a token that is not easily guessed
	namePrefix = "name="
)

var tokenName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// NewTokens reads tokens from a text: words, separated by white space or commas. A token
// is at least 16 visible ASCII characters. It may be followed by its scopes and by
// "name=" with a name of at most 64 letters, digits, dots, hyphens and underscores; without
// scopes it has [Send] and [Read]. A scope is shorter than any token, so that the words
// can't be taken for each other.
func NewTokens(text string) (Tokens, error) {
	var tokens Tokens
	for _, word := range config.Secret(text).Words() {
		if err := tokens.read(word); err != nil {
			return nil, err
		}
	}
	if len(tokens) == 0 {
		return nil, errors.New("there is no token")
	}
	for i := range tokens {
		if tokens[i].Scopes == 0 {
			tokens[i].Scopes = Send | Read
		}
		for j := range i {
			if tokens[i].hash == tokens[j].hash && tokens[i] != tokens[j] {
				return nil, fmt.Errorf("token %d is token %d with another name or other scopes", i+1, j+1)
			}
		}
	}
	return tokens, nil
}

// read takes a word as a token, or as what is said of the last one.
func (t *Tokens) read(word string) error {
	scope, isScope := scopeNamed(word)
	name, isName := strings.CutPrefix(word, namePrefix)
	if !isScope && !isName {
		token, err := newToken(word, len(*t)+1)
		*t = append(*t, token)
		return err
	}
	n := len(*t)
	if n == 0 {
		return errors.New("scopes and names must follow their token")
	}
	last := &(*t)[n-1]
	switch {
	case isScope:
		last.Scopes |= scope
	case !tokenName.MatchString(name):
		return fmt.Errorf("the name of token %d must have 1 to 64 letters, digits, dots, hyphens and underscores", n)
	case last.Name != "":
		return fmt.Errorf("token %d has two names", n)
	default:
		last.Name = name
	}
	return nil
}

// newToken takes a word as the nth token.
func newToken(word string, n int) (Token, error) {
	if len(word) < minToken {
		return Token{}, fmt.Errorf("token %d is shorter than %d characters and easily guessed; "+
			"if it was meant as a scope, those are %s", n, minToken, strings.Join(anyScope.names(), ", "))
	}
	if strings.ContainsFunc(word, func(r rune) bool { return r > '~' }) {
		return Token{}, fmt.Errorf("token %d holds characters that no HTTP header can carry", n)
	}
	return Token{hash: sha256.Sum256([]byte(word))}, nil
}

// TokenThatMay returns the first token in a text, as [NewTokens] reads it, with a scope.
func TokenThatMay(scope Scopes, text config.Secret) (config.Secret, error) {
	tokens, err := NewTokens(text.Reveal())
	if err != nil {
		return "", err
	}
	for _, word := range text.Words() {
		if t := tokens.find(word); t != nil && t.Scopes&scope != 0 {
			return config.Secret(word), nil
		}
	}
	return "", errors.New("none of the tokens has the scope " + scope.String())
}

// find returns the token in an Authorization header, as "Bearer TOKEN" or bare: Logto
// sends verbatim what its console was told. It is nil for one that is not valid.
func (t Tokens) find(header string) *Token {
	sum := tokenHash(header)
	found := -1
	for i := range t {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], t[i].hash[:]), i, found)
	}
	if found < 0 {
		return nil
	}
	return &t[found]
}

// tokenHash returns the hash of the token in an Authorization header.
func tokenHash(header string) [sha256.Size]byte {
	token := header
	if scheme, rest, ok := strings.Cut(header, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	return sha256.Sum256([]byte(token))
}
