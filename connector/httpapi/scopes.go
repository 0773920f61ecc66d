package httpapi

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/loopback"
)

// Scopes are what a token may do, one or several.
type Scopes uint8

// The scopes. None of them includes another.
const (
	Send Scopes = 1 << iota // mails with the running config
	Read                    // what became of mails, the state of the service, the config without its secrets
	Edit                    // the config, drafts of it, and messages
)

const anyScope = Send | Read | Edit

var scopeNames = []struct {
	scope Scopes
	name  string
}{{Send, "send"}, {Read, "read"}, {Edit, "edit"}}

func scopeNamed(name string) (Scopes, bool) {
	for _, s := range scopeNames {
		if s.name == name {
			return s.scope, true
		}
	}
	return 0, false
}

// names returns the names of the scopes, never nil.
func (s Scopes) names() []string {
	names := []string{}
	for _, known := range scopeNames {
		if s&known.scope != 0 {
			names = append(names, known.name)
		}
	}
	return names
}

// String returns the names as a token file has them, such as "send,read".
func (s Scopes) String() string { return strings.Join(s.names(), ",") }

// scopeError says that a token is valid, and lacks what a route takes.
type scopeError struct {
	token *Token
	needs Scopes // any of them is enough
}

// Error says so, to whoever sent the token.
func (e *scopeError) Error() string {
	return "The token" + quotedName(e.token) + " lacks the scope " + strings.Join(e.needs.names(), " or ") + "."
}

// problem is what whoever sent the token is told.
func (e *scopeError) problem(requestID string) problem {
	return problem{
		Type: problemType + string(connector.AuthorizationFailed), Title: "The API token may not do this",
		Status: http.StatusForbidden, Code: connector.AuthorizationFailed, Detail: e.Error(),
		Hint: "Use a token that has it, or give it to this one where --token or --token-file has it: TOKEN " +
			(e.token.Scopes | e.needs).String() + ".",
		RequestID: requestID,
	}
}

func quotedName(t *Token) string {
	if t.Name == "" {
		return ""
	}
	return ` "` + t.Name + `"`
}

const realm = `Bearer realm="mailgun-connector"`

// authorizedKey marks a request that has proven to be a caller's: the value is its token,
// or [noToken] where none is needed, and anything else for who signs instead.
const authorizedKey = "authorized"

// noToken is that of every caller of a service without tokens.
var noToken = &Token{Scopes: anyScope}

// allow lets requests through whose token has one of the scopes. A handler may ask for
// more by [require].
func (s *server) allow(scopes Scopes) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			token, err := s.checkToken(c.Request())
			if err != nil {
				s.noteToken(c)
				c.Response().Header().Set(echo.HeaderWWWAuthenticate, realm)
				return err
			}
			c.Set(authorizedKey, token)
			if err := require(c, scopes); err != nil {
				return err
			}
			return next(c)
		}
	}
}

// require returns the error of a request whose token has none of the scopes.
func require(c echo.Context, scopes Scopes) error {
	token := tokenOf(c)
	if token.Scopes&scopes != 0 {
		return nil
	}
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, // RFC 6750, section 3.1
		realm+`, error="insufficient_scope", scope="`+strings.Join(scopes.names(), " ")+`"`)
	return &scopeError{token, scopes}
}

// tokenOf returns the token that a request was let in with, nil for none.
func tokenOf(c echo.Context) *Token {
	token, _ := c.Get(authorizedKey).(*Token)
	return token
}

// validToken returns the token that a request has at whatever route, nil for none.
func (s *server) validToken(r *http.Request) *Token {
	if s.Tokens == nil {
		return nil
	}
	return s.Tokens().find(r.Header.Get(echo.HeaderAuthorization))
}

// checkToken returns the token of a request, or the error of one that may not use the API.
func (s *server) checkToken(r *http.Request) (*Token, error) {
	token := s.validToken(r)
	switch {
	case token != nil:
		return token, nil
	case s.Tokens == nil:
		return noToken, nil
	case len(s.Tokens()) > 0:
		return nil, errUnauthorized
	case !loopback.Is(r.Host):
		return nil, errNotLocal
	}
	return noToken, nil
}

// shownToken is what a caller is told of its token.
type shownToken struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
}

// showToken tells what the request's token may.
func showToken(c echo.Context) error {
	token := tokenOf(c)
	return c.JSON(http.StatusOK, shownToken{token.Name, token.Scopes.names()})
}
