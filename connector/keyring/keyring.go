// Package keyring seals bytes with keys that can be replaced: the first key seals,
// and all of them open. It also derives keys for other purposes from them. It knows
// nothing of what it seals.
package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Keyring is one or more keys. It is immutable and safe for concurrent use.
type Keyring struct{ keys []key }

// key is one key and what seals with it.
type key struct {
	id   ID
	raw  []byte
	aead cipher.AEAD // AES-256-GCM, with a random nonce for each use
}

// ID tells which key has sealed something. It gives nothing of the key away.
type ID [4]byte

// String returns the id in hexadecimal.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

const keySize = 32 // of AES-256

// Parse reads keys of 32 bytes, in hexadecimal or base64, separated by white space
// or commas. No error repeats any of them.
func Parse(text string) (*Keyring, error) {
	k := &Keyring{}
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	for i, word := range words {
		raw, err := hex.DecodeString(word)
		if err != nil {
			raw, err = base64.StdEncoding.DecodeString(word)
		}
		if err != nil || len(raw) != keySize {
			return nil, fmt.Errorf("key %d is not 32 bytes in hexadecimal or base64; `openssl rand -hex 32` makes one",
				i+1)
		}
		if err := k.add(raw); err != nil {
			return nil, err
		}
	}
	if len(k.keys) == 0 {
		return nil, errors.New("there is no key; `openssl rand -hex 32` makes one")
	}
	return k, nil
}

// New returns a keyring of one new key, and the text that [Parse] reads it from.
func New() (k *Keyring, text string, err error) {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails, since Go 1.24
	k = &Keyring{}
	return k, hex.EncodeToString(raw) + "\n", k.add(raw)
}

func (k *Keyring) add(raw []byte) error {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	k.keys = append(k.keys, key{ID(sum[:]), raw, aead})
	return nil
}

// Derive returns a key of 32 bytes for one purpose from each key, the first one
// first (HKDF with SHA-256, RFC 5869).
func (k *Keyring) Derive(purpose string) [][]byte {
	derived := make([][]byte, len(k.keys))
	for i, key := range k.keys {
		var err error
		if derived[i], err = hkdf.Key(sha256.New, key.raw, nil, purpose, sha256.Size); err != nil {
			panic(err) // only for a length that SHA-256 can't give
		}
	}
	return derived
}

// Seal returns plain, encrypted and bound to its owner: it opens for no other.
func (k *Keyring) Seal(plain []byte, owner string) []byte {
	first := k.keys[0]
	sealed := append(make([]byte, 0, len(ID{})+len(plain)+first.aead.Overhead()), first.id[:]...)
	//nolint:gosec // the mode makes its own nonce and takes none
	return first.aead.Seal(sealed, nil, plain, []byte(owner))
}

// ErrSealed says that none of the keys opens something.
var ErrSealed = errors.New("none of the keys opens it")

// Open returns what was sealed for the owner, or [ErrSealed].
func (k *Keyring) Open(sealed []byte, owner string) ([]byte, error) {
	if len(sealed) < len(ID{}) {
		return nil, ErrSealed
	}
	for _, key := range k.keys {
		if key.id != ID(sealed) {
			continue
		}
		plain, err := key.aead.Open(nil, nil, sealed[len(ID{}):], []byte(owner))
		if err != nil {
			return nil, ErrSealed
		}
		return plain, nil
	}
	return nil, ErrSealed
}

// Has reports whether the key with an id is on the ring.
func (k *Keyring) Has(id ID) bool {
	for _, key := range k.keys {
		if key.id == id {
			return true
		}
	}
	return false
}
