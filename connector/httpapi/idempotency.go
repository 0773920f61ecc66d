package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
)

const (
	idempotencyKey      = "Idempotency-Key"
	idempotencyReplayed = "Idempotency-Replayed"
	maxKey              = 255
)

var errBadKey = badBody("The Idempotency-Key must be 1 to 255 visible ASCII characters.")

// idempotent answers a request that comes again with its Idempotency-Key as it was
// answered the first time. An answer after which a caller is to try again is not
// kept: the next request with the key is then a new try.
func (s *server) idempotent(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		key := c.Request().Header.Get(idempotencyKey)
		if key == "" {
			return next(c)
		}
		hash, err := hashBody(c)
		if err != nil {
			return err
		}
		if len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errBadKey
		}
		key = ownKey(key, c.Request().Header.Get(echo.HeaderAuthorization))
		c.Set(beganKey, time.Now())
		kept, err := s.Idempotency.Begin(c.Request().Context(), key, hash, idempotency.Life)
		switch {
		case errors.Is(err, idempotency.ErrReused), errors.Is(err, idempotency.ErrBusy):
			return err
		case errors.Is(err, idempotency.ErrElsewhere):
			return s.repeated(c, messageKey(key, hash))
		case err != nil:
			return keyUnknown(err)
		case kept != nil:
			c.Response().Header().Set(idempotencyReplayed, "true")
			return c.Blob(kept.Status, kept.ContentType, kept.Body)
		}
		c.Set(idempotencyKey, messageKey(key, hash))
		return s.recordAnswer(c, key, next)
	}
}

// messageKey is a message's key: with another body it is another message.
func messageKey(key string, hash idempotency.RequestHash) string {
	return key + hex.EncodeToString(hash[:])
}

// repeated answers a request whose first one another process holds, or died with: by
// its message, if it came to one.
func (s *server) repeated(c echo.Context, key string) error {
	if s.Messages == nil {
		return errKeyBusy
	}
	receipt, err := s.Messages.Repeat(c.Request().Context(), key)
	switch {
	case errors.Is(err, connector.ErrNoMessage):
		return errKeyBusy
	case errors.Is(err, connector.ErrUnavailable):
		return keyUnknown(err)
	case err != nil:
		c.Set(recordedKey, true) // it is that message's
		return err
	}
	return newSent(connector.Result{ID: receipt.MessageID, Receipt: receipt}).write(c)
}

// keyUnknown is the answer where the database does not tell of a key.
func keyUnknown(err error) error {
	failure := connector.NewError(connector.General, connector.NotSent, connector.ReasonKeyUnknown)
	failure.RetryAfter, failure.Err = time.Second, err
	return failure
}

// ownKey returns a key as it is kept: it belongs to the token that it came with, so that
// no caller meets another's answers.
func ownKey(key, authorization string) string {
	token := tokenHash(authorization)
	return hex.EncodeToString(token[:8]) + " " + key
}

// recordAnswer answers a request and keeps the answer.
func (s *server) recordAnswer(c echo.Context, key string, next echo.HandlerFunc) error {
	ctx, cancel := s.timed(c.Request().Context(), c)
	defer cancel()
	var answer *idempotency.Answer
	defer func() { // also after a panic: the key must not stay taken
		if err := s.Idempotency.Finish(ctx, key, answer); err != nil {
			s.Logger.Warn("an answer could not be kept for its idempotency key",
				"request_id", requestID(c), "error", err)
		}
	}()
	copied := &copyingWriter{ResponseWriter: c.Response().Writer}
	c.Response().Writer = copied
	err := next(c)
	if err != nil {
		c.Error(err) // answers, so that there is something to keep
	}
	failure, ok := errors.AsType[*connector.Error](err)
	if err == nil || ok && !failure.Retryable() && failure.Code != connector.Internal {
		answer = &idempotency.Answer{
			Status:      c.Response().Status,
			ContentType: c.Response().Header().Get(echo.HeaderContentType),
			Body:        copied.body.Bytes(),
		}
	}
	return nil
}

// hashBody reads the body, and leaves it to be read again.
func hashBody(c echo.Context) (idempotency.RequestHash, error) {
	body, err := readAll(c, maxBody)
	if err != nil {
		return idempotency.RequestHash{}, err
	}
	c.Request().Body = io.NopCloser(bytes.NewReader(body))
	return sha256.Sum256(body), nil
}

// copyingWriter keeps a copy of what is written through it.
type copyingWriter struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (w *copyingWriter) Write(p []byte) (int, error) {
	w.body.Write(p)
	return w.ResponseWriter.Write(p)
}
