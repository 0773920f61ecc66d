package outbox

import (
	"crypto/hmac"
	"crypto/sha256"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/keyring"
)

// Recipients makes the hashes of recipients. They change with the first key.
func Recipients(keys *keyring.Keyring) *connector.RecipientHasher {
	return connector.NewRecipientHasher(keys.Derive("recipient hash")[0])
}

// recipientHashes gives an address's hash by each key: which one made the hash of
// an old message is not known.
func recipientHashes(keys *keyring.Keyring, address string) []connector.RecipientHash {
	var all []connector.RecipientHash
	for _, key := range keys.Derive("recipient hash") {
		all = append(all, connector.NewRecipientHasher(key).Hash(address))
	}
	return all
}

// requestHashes gives a request's hash by each key, the first one first. Without
// a key, the code in a request could be found out by trying all.
func requestHashes(keys *keyring.Keyring, request idempotency.RequestHash) []idempotency.RequestHash {
	var all []idempotency.RequestHash
	for _, key := range keys.Derive("request hash") {
		mac := hmac.New(sha256.New, key)
		mac.Write(request[:])
		all = append(all, idempotency.RequestHash(mac.Sum(nil)))
	}
	return all
}
