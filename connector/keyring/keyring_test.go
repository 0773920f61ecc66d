package keyring_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/keyring"
)

// key returns a key of 32 equal bytes.
func key(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func parse(t testing.TB, text string) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q) = %v, want nil", text, err)
	}
	return k
}

func TestParse(t *testing.T) {
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
		_, err := keyring.Parse(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Parse(%q) = %v, want %v", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret!") {
			t.Errorf("Parse(%q) = %v, want %v", text, err, "an error without the key")
		}
	}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	one, two := hex.EncodeToString(key(1)), hex.EncodeToString(key(2))
	old := parse(t, one)
	sealed := old.Seal([]byte("plain text"), "owner")
	if bytes.Contains(sealed, []byte("plain")) {
		t.Errorf("Seal(%q) = %q, want nothing of it", "plain text", sealed)
	}
	if again := old.Seal([]byte("plain text"), "owner"); bytes.Equal(again, sealed) {
		t.Error("Seal of the same = the same, want a nonce of its own each time")
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
		{"other owner", one, "other", sealed, false},
		{"wrong key", two, "owner", sealed, false},
		{"damaged", one, "owner", damaged, false},
		{"cut", one, "owner", sealed[:10], false},
		{"short", one, "owner", sealed[:3], false},
		{"nothing", one, "owner", nil, false},
	} {
		plain, err := parse(t, c.keys).Open(c.sealed, c.owner)
		if c.opens && (err != nil || string(plain) != "plain text") {
			t.Errorf("Open(%s) = %q, %v, want it opened", c.name, plain, err)
		}
		if !c.opens && (!errors.Is(err, keyring.ErrSealed) || plain != nil) {
			t.Errorf("Open(%s) = %q, %v, want %v", c.name, plain, err, keyring.ErrSealed)
		}
	}
	rotated := parse(t, two+","+one).Seal([]byte("x"), "owner")
	if _, err := old.Open(rotated, "owner"); err == nil {
		t.Error("Open of what was sealed after rotation = nil, want an error: the first key seals")
	}
	if id := keyring.ID(rotated); old.Has(id) || !parse(t, two).Has(id) {
		t.Errorf("Has(%v) = %v for the old key, want the new one to have sealed", id, old.Has(id))
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	one, two := hex.EncodeToString(key(1)), hex.EncodeToString(key(2))
	both, reversed := parse(t, one+","+two).Derive("a"), parse(t, two+","+one).Derive("a")
	if diff := cmp.Diff(both, [][]byte{reversed[1], reversed[0]}); diff != "" || bytes.Equal(both[0], both[1]) {
		t.Errorf("Derive = one for each key in their order (-one +other):\n%s", diff)
	}
	if other := parse(t, one).Derive("b"); bytes.Equal(other[0], both[0]) || len(other[0]) != 32 {
		t.Errorf("Derive for another purpose = %x, want another key of 32 bytes", other[0])
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	if _, err := keyring.ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadFile of none = %v, want %v", err, fs.ErrNotExist)
	}
	made, err := keyring.CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("Stat(%q) = %v, %v, want mode 0600", path, info.Mode(), err)
	}
	read, err := keyring.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := read.Open(made.Seal([]byte("x"), "o"), "o"); err != nil || string(plain) != "x" {
		t.Errorf("Open with the key of the file = %q, %v, want x", plain, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("ReadDir = %v, %v, want the key file alone", left, err)
	}
	if _, err := keyring.CreateFile(filepath.Join(path, "none")); err == nil {
		t.Error("CreateFile below a file = nil, want an error")
	}
}

// A process that dies after it has created its key file and before it has written
// the key leaves an empty file: the next one starts all the same.
func TestEmptyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadFile of an empty one = %v, want %v", err, fs.ErrNotExist)
	}
	if _, err := keyring.CreateFile(path); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.ReadFile(path); err != nil {
		t.Errorf("ReadFile = %v, want the key", err)
	}
}
