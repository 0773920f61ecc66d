package callers

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// tokenProof is a secret that the caller sends with each call. It is looked for in
// Authorization, bare, as a bearer token or as the password of basic auth, and where the
// settings say.
type tokenProof struct {
	tokens         [][sha256.Size]byte
	users          [][sha256.Size]byte // user, a colon, password
	header, cookie string              // further places
}

func newTokenProof(s config.Caller, _ Environment) (proof, error) {
	p := &tokenProof{}
	for _, token := range s.Tokens {
		p.tokens = append(p.tokens, sha256.Sum256([]byte(token.Reveal())))
	}
	for _, user := range s.BasicAuth {
		p.users = append(p.users, sha256.Sum256([]byte(user.User+":"+user.Password.Reveal())))
	}
	switch kind, name, _ := strings.Cut(s.TokenFrom, " "); kind {
	case "header":
		p.header = http.CanonicalHeaderKey(name)
	case "cookie":
		p.cookie = name
	}
	return p, nil
}

// check implements [proof]. Whatever is compared, all of it is.
func (p *tokenProof) check(_ context.Context, call *connector.Call, _ time.Time, _ time.Duration) ([]byte, error) {
	r := http.Request{Header: call.Header}
	tried, found := false, 0
	try := func(word string, known [][sha256.Size]byte) {
		if word == "" {
			return
		}
		tried = true
		sum := sha256.Sum256([]byte(word))
		for i := range known {
			found |= subtle.ConstantTimeCompare(sum[:], known[i][:])
		}
	}
	if user, password, ok := r.BasicAuth(); ok {
		try(user+":"+password, p.users)
		try(password, p.tokens)
	} else {
		try(bearer(single(call, "Authorization")), p.tokens)
	}
	if p.header != "" {
		try(bearer(single(call, p.header)), p.tokens)
	}
	if p.cookie != "" {
		if cookie, err := r.Cookie(p.cookie); err == nil {
			try(cookie.Value, p.tokens)
		}
	}
	switch {
	case found == 1:
		return call.Body, nil
	case tried:
		return nil, unproven(connector.CallWrongToken)
	}
	return nil, unproven(connector.CallNoToken)
}

// bearer returns a token without the word before it.
func bearer(value string) string {
	if scheme, token, ok := strings.Cut(value, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return value
}
