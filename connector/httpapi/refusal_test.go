package httpapi_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
	"mailgun-connector/connector/idempotency"
)

// keptRefusals are those of one request.
type keptRefusals struct{ all []connector.Refusal }

func (k *keptRefusals) Refuse(r connector.Refusal) { k.all = append(k.all, r) }

// unasked is a sender that must not be asked.
type unasked struct{ connector.Sender }

// What can't be sent as nobody can tell of its key is recorded; what became of the first
// request with the key has a record already.
func TestUnknownKeysAreRecorded(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte(withCallers), config.ParseOptions{APIKey: "key-0123"})
	if err != nil {
		t.Fatal(err)
	}
	hasher := connector.NewRecipientHasher([]byte("a key"))
	conn, err := connector.New(cfg, unasked{}, hasher)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(reason connector.Reason) []connector.Refusal {
		code := connector.General
		if reason == connector.ReasonKeyReused || reason == connector.ReasonKeyBusy {
			code = connector.InvalidRequest
		}
		return []connector.Refusal{{Type: "SignIn", Recipient: hasher.Hash("ada@example.org"), Reason: reason, Code: code}}
	}
	busyCall := refused(connector.ReasonKeyBusy)
	busyCall[0].Code = connector.General
	for name, x := range map[string]struct {
		path     string
		begin    error
		messages connector.Messages
		status   int
		want     []connector.Refusal
	}{
		"unreadable":        {"/send-code", errors.New("no database"), nil, 503, refused(connector.ReasonKeyUnknown)},
		"reused":            {"/send-code", idempotency.ErrReused, nil, 422, refused(connector.ReasonKeyReused)},
		"busy":              {"/send-code", idempotency.ErrBusy, nil, 409, refused(connector.ReasonKeyBusy)},
		"elsewhere":         {"/send-code", idempotency.ErrElsewhere, brokenStore{connector.ErrNoMessage}, 409, refused(connector.ReasonKeyBusy)},
		"elsewhere unknown": {"/send-code", idempotency.ErrElsewhere, brokenStore{connector.ErrUnavailable}, 503, refused(connector.ReasonKeyUnknown)},
		"refused before":    {"/send-code", idempotency.ErrElsewhere, brokenStore{errRefusedBefore}, 502, nil},
		"call unreadable":   {"/hooks/any", errors.New("no database"), nil, 503, refused(connector.ReasonKeyUnknown)},
		"call busy":         {"/hooks/any", idempotency.ErrElsewhere, brokenStore{connector.ErrNoMessage}, 503, busyCall},
		"call refused":      {"/hooks/any", idempotency.ErrElsewhere, brokenStore{errRefusedBefore}, 200, nil},
	} {
		kept := &keptRefusals{}
		server := httptest.NewServer(newHandler(t, func(cfg *httpapi.Config) {
			cfg.Connector = func() *connector.Connector { return conn }
			cfg.Callers = func() map[string]connector.Caller { return map[string]connector.Caller{"any": anyCaller{}} }
			cfg.Idempotency, cfg.Messages, cfg.Refusals = failingKeys{x.begin}, x.messages, kept
		}))
		s := &apptest.Service{URL: server.URL}
		a := s.Do(t, http.MethodPost, x.path, keyedBody, map[string]string{"Content-Type": "application/json", "Idempotency-Key": "k"})
		server.Close() // waits for the handler
		if a.Status != x.status {
			t.Errorf("%s = %d %s, want %d", name, a.Status, a.Body, x.status)
		}
		if diff := cmp.Diff(x.want, kept.all); diff != "" {
			t.Errorf("records of %s (-want +got):\n%s", name, diff)
		}
	}
}

// errRefusedBefore is what became of an earlier request.
var errRefusedBefore = connector.NewError(connector.General, connector.Refused, connector.ReasonCredentials)
