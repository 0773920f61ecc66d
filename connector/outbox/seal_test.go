package outbox_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// key gives a key of 32 equal bytes.
func key(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func parseKeys(t testing.TB, text string) *outbox.Keys {
	t.Helper()
	k, err := outbox.ParseKeys(text)
	if err != nil {
		t.Fatalf("ParseKeys(%q) = %v, want nil", text, err)
	}
	return k
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	one, two := hex.EncodeToString(key(1)), base64.StdEncoding.EncodeToString(key(2))
	for text, want := range map[string]string{
		one:                        "",
		strings.ToUpper(one):       "",
		two:                        "",
		one + "," + two:            "",
		" \n" + one + "\r\n" + two: "",
		"":                         "there is no key",
		" ,\n":                     "there is no key",
		one[:62]:                   "key 1 is not 32 bytes",
		two[:40]:                   "key 1 is not 32 bytes",
		one + ",secret!":           "key 2 is not 32 bytes",
	} {
		_, err := outbox.ParseKeys(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("ParseKeys(%q) = %v, want %v", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret!") {
			t.Errorf("ParseKeys(%q) = %v, want %v", text, err, "an error without the key")
		}
	}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	one, two := hex.EncodeToString(key(1)), hex.EncodeToString(key(2))
	old := parseKeys(t, one)
	sealed := old.Seal([]byte("plain text"), "owner")
	if bytes.Contains(sealed, []byte("plain")) {
		t.Errorf("Seal(%q) = %q, want %v", "plain text", sealed, "nothing of it")
	}
	if again := old.Seal([]byte("plain text"), "owner"); bytes.Equal(again, sealed) {
		t.Errorf("Seal(%q) = %q, want %v", "plain text", again, "another nonce")
	}
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	for _, c := range []struct {
		name, keys, owner string
		sealed            []byte
		opens             bool
	}{
		{"same key", one, "owner", sealed, true},
		{"rotated", two + "," + one, "owner", sealed, true},
		{"wrong owner", one, "other", sealed, false},
		{"wrong key", two, "owner", sealed, false},
		{"damaged", one, "owner", damaged, false},
		{"cut", one, "owner", sealed[:10], false},
		{"short", one, "owner", sealed[:3], false},
		{"nothing", one, "owner", nil, false},
	} {
		plain, err := parseKeys(t, c.keys).Open(c.sealed, c.owner)
		if c.opens && (err != nil || string(plain) != "plain text") || !c.opens && (err == nil || plain != nil) {
			t.Errorf("Open(%q) = %q %v, want opened: %v", c.name, plain, err, c.opens)
		}
	}
	if _, err := old.Open(parseKeys(t, two+","+one).Seal([]byte("x"), "owner"), "owner"); err == nil {
		t.Errorf("Open(%q) = %v, want %v", "sealed after rotation", err, "an error: the first key seals")
	}
}

func TestKeysFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	made, err := outbox.KeysFile(path)
	if err != nil {
		t.Fatalf("KeysFile(%q) = %v, want %v", path, err, nil)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("Stat(%q) = %v %v, want %v", path, info.Mode(), err, "0600")
	}
	read, err := outbox.KeysFile(path)
	if err != nil {
		t.Fatalf("KeysFile(%q) = %v, want %v", path, err, nil)
	}
	if plain, err := read.Open(made.Seal([]byte("x"), "o"), "o"); err != nil || string(plain) != "x" {
		t.Errorf("Open(%q) = %q %v, want %v", "x", plain, err, "x")
	}
	missing := filepath.Join(path, "none")
	if _, err := outbox.KeysFile(missing); err == nil {
		t.Errorf("KeysFile(%q) = %v, want %v", missing, err, "an error")
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	one, two := hex.EncodeToString(key(1)), hex.EncodeToString(key(2))
	hash := func(text string) connector.RecipientHash {
		return parseKeys(t, text).Recipients().Hash("ada@example.org")
	}
	want := hash(one)
	for text, same := range map[string]bool{one: true, one + "," + two: true, two + "," + one: false} {
		if got := hash(text); (got == want) != same {
			t.Errorf("Hash with %q = %v, want %v (the same: %v)", text, got, want, same)
		}
	}
}
