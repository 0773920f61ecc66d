package sandbox

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// signature is the block with which Mailgun signs a webhook. It covers its own
// timestamp and token only, not the event.
type signature struct {
	Timestamp string `json:"timestamp"` // Unix seconds, as a string
	Token     string `json:"token"`     // 50 hex digits
	Signature string `json:"signature"` // 64 hex digits
}

// sign returns a fresh signature for an event that is posted first at a time.
func sign(key string, at time.Time) signature {
	var token [25]byte
	_, _ = rand.Read(token[:]) // never fails, says its documentation
	s := signature{Timestamp: strconv.FormatInt(at.Unix(), 10), Token: hex.EncodeToString(token[:])}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(s.Timestamp + s.Token))
	s.Signature = hex.EncodeToString(mac.Sum(nil))
	return s
}
