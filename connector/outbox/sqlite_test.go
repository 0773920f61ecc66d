package outbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox/sqlstore"
	"mailgun-connector/deliveries"
)

func openSQLite(t *testing.T, path string) *sqlstore.SQLite {
	t.Helper()
	s, err := sqlstore.OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// What is sealed stands nowhere in plain text: neither the mail, nor what Mailgun says
// of it.
func TestStoreKeepsSecrets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	store := openSQLite(t, path)
	o, _ := newOutbox(t, store)
	failure := &connector.Error{
		Code: connector.General, Outcome: connector.NotSent, Err: errors.New(secrets[0]),
		Message: secrets[1], Hint: secrets[3],
	}
	mail := email()
	_, _ = o.Wrap(failing(failure)).Send(t.Context(), mail)
	_, _ = o.Wrap(fake(accepted)).Send(t.Context(), email())
	row, err := json.Marshal(get(t, store, mail.ID))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{"row": row}
	for _, name := range []string{path, path + "-wal"} {
		if found[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Contains(append(bytes.Clone(found[path]), found[path+"-wal"]...), []byte(mail.ID)) {
		t.Error("the files do not hold the message's id, want them to be the database")
	}
	for name, text := range found {
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
	}
}

// A mail in a final state is erased, and not for the database only: its bytes are in
// no file any more.
func TestErased(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	store := openSQLite(t, path)
	o, _ := newOutbox(t, store)
	var ids []string
	for n := range 120 {
		mail := email()
		mail.Body = func() deliveries.Body { return deliveries.Body{HTML: strings.Repeat(secrets[3], 1+n*5)} }
		ids = append(ids, mail.ID)
		next := accepted
		switch n % 4 {
		case 0: // waits, and is sent or cancelled later
			next = failing(down)
		case 1:
			next = failing(&connector.Error{Code: connector.General, MailgunStatus: 400})
		}
		if _, err := o.Wrap(fake(next)).Send(t.Context(), mail); err != nil && n%4 != 1 {
			t.Fatal(err)
		}
	}
	if n := readable(t, path); n == 0 {
		t.Fatal("no mail can be read from the files while it waits: the test does not see them")
	}
	for _, id := range ids {
		if get(t, store, id).State == connector.Queued {
			if err := o.Cancel(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := store.Purge(t.Context(), time.Hour, 10); err != nil { // as it runs now and then
		t.Fatal(err)
	}
	if n := readable(t, path); n > 0 {
		t.Errorf("%d mails can be read from the files while they are open, want none", n)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if n := readable(t, path); n > 0 {
		t.Errorf("%d mails can be read from the file afterwards, want none", n)
	}
}

// readable counts the mails in the database's files, by the id of the key that every
// sealed one begins with.
func readable(t *testing.T, path string) (n int) {
	t.Helper()
	id := parseKeys(t, testKey).Seal(nil, "")[:len(keyring.ID{})]
	for _, name := range []string{path, path + "-wal"} {
		text, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		n += bytes.Count(text, id)
	}
	return n
}
