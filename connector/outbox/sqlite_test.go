package outbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox/sqlstore"
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
