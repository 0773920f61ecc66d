package outbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/idempotency"
)

// Keys seal what is stored and must not be read: mails and answers. The first
// seals; all open, so that a key can be replaced. They also make the keys for
// hashes of recipients and requests.
type Keys struct{ seals []seal }

// seal is one key and what is made of it.
type seal struct {
	id         [keyIDSize]byte // tells which key sealed
	aead       cipher.AEAD     // AES-256-GCM
	recipients *connector.RecipientHasher
	requests   []byte // key for hashes of requests
}

const (
	keySize   = 32
	keyIDSize = 4
)

// ParseKeys reads keys of 32 bytes, in hexadecimal or base64, separated by white
// space or commas.
func ParseKeys(text string) (*Keys, error) {
	k := &Keys{}
	for i, word := range config.Secret(text).Words() {
		key, err := hex.DecodeString(word)
		if err != nil {
			key, err = base64.StdEncoding.DecodeString(word)
		}
		if err != nil || len(key) != keySize {
			return nil, fmt.Errorf("key %d is not 32 bytes in hexadecimal or base64; `openssl rand -hex 32` makes one", i+1)
		}
		if err := k.add(key); err != nil {
			return nil, err
		}
	}
	if len(k.seals) == 0 {
		return nil, errors.New("there is no key; `openssl rand -hex 32` makes one")
	}
	return k, nil
}

func (k *Keys) add(key []byte) error {
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(key)
	k.seals = append(k.seals, seal{
		[keyIDSize]byte(sum[:]), aead,
		connector.NewRecipientHasher(derive(key, "recipient hash")), derive(key, "request hash"),
	})
	return nil
}

// KeysFile reads keys from a file, or makes one and writes it there, readable by
// its owner only.
func KeysFile(path string) (*Keys, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, keySize)
		_, _ = rand.Read(key) // never fails, since Go 1.24
		text = []byte(hex.EncodeToString(key) + "\n")
		err = writeDurably(path, text)
	}
	if err != nil {
		return nil, err
	}
	return ParseKeys(string(text))
}

// writeDurably creates a file for its owner only, and returns when it would
// survive a power cut: what is sealed with a key that is gone is lost.
func writeDurably(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	dir, openErr := os.Open(filepath.Dir(path))
	if openErr == nil {
		openErr = errors.Join(dir.Sync(), dir.Close())
	}
	return errors.Join(err, openErr)
}

// derive makes a key for one purpose of a sealing key.
func derive(key []byte, purpose string) []byte {
	derived, err := hkdf.Key(sha256.New, key, nil, purpose, sha256.Size)
	if err != nil {
		panic(err) // only for a length that SHA-256 can't give
	}
	return derived
}

// Recipients makes the hashes of recipients. They change with the first key.
func (k *Keys) Recipients() *connector.RecipientHasher { return k.seals[0].recipients }

// recipientHashes gives an address's hash by each key: which one made the hash of
// an old message is not known.
func (k *Keys) recipientHashes(address string) []connector.RecipientHash {
	all := make([]connector.RecipientHash, len(k.seals))
	for i, s := range k.seals {
		all[i] = s.recipients.Hash(address)
	}
	return all
}

// requestHashes gives a request's hash by each key, the first one first. Without
// a key, the code in a request could be found out by trying all.
func (k *Keys) requestHashes(request idempotency.RequestHash) []idempotency.RequestHash {
	all := make([]idempotency.RequestHash, len(k.seals))
	for i, s := range k.seals {
		mac := hmac.New(sha256.New, s.requests)
		mac.Write(request[:])
		all[i] = idempotency.RequestHash(mac.Sum(nil))
	}
	return all
}

// Seal gives plain, sealed together with what it belongs to.
func (k *Keys) Seal(plain []byte, owner string) []byte {
	s := k.seals[0]
	//nolint:gosec // the mode makes its own random nonce, and takes none
	return s.aead.Seal(append(make([]byte, 0, keyIDSize+len(plain)+s.aead.Overhead()), s.id[:]...), nil, plain, []byte(owner))
}

// errSealed says that none of the keys opens something.
var errSealed = errors.New("none of the store's keys opens it")

// Open gives what was sealed for the owner.
func (k *Keys) Open(sealed []byte, owner string) ([]byte, error) {
	if len(sealed) < keyIDSize {
		return nil, errSealed
	}
	for _, s := range k.seals {
		if s.id == [keyIDSize]byte(sealed) {
			plain, err := s.aead.Open(nil, nil, sealed[keyIDSize:], []byte(owner))
			if err != nil {
				return nil, errSealed
			}
			return plain, nil
		}
	}
	return nil, errSealed
}
