//go:build e2e

package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

// A request whose process dies before it can answer comes again with its key, and gets
// what became of its mail: at once, as nobody works on the answer any more.
func TestKeyAfterCrash(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { keyAfterCrash(t, onSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { keyAfterCrash(t, onPostgres(t)) })
}

func keyAfterCrash(t *testing.T, database string) {
	c := newCampaign(t, database, 1, "--send-timeout", sendTimeout.String())
	c.sandbox.SetFaults(sandbox.Fault{Hang: true, Times: 1})
	c.boot(t)
	first := make(chan int, 1)
	go func() { first <- c.keyed(t) }()
	eventually(t, "the send", sendTimeout, func() bool { return c.sandbox.Requests() > 0 })
	c.replicas[0].crash(t)
	if status := <-first; status != 0 {
		t.Fatalf("the first request was answered with %d, want it cut off", status)
	}
	c.boot(t)
	for range 4 {
		if status := c.keyed(t); status != http.StatusOK && status != http.StatusAccepted {
			t.Errorf("the same request after the start = %d, want 200 or 202", status)
		}
		time.Sleep(sendTimeout / 16)
	}
	eventually(t, "the mail", 3*lease+2*sendTimeout, func() bool { return len(c.sandbox.Messages()) > 0 })
}

// keyed sends the same mail with the same key each time. The status is 0 for no answer.
func (c *campaign) keyed(t *testing.T) int {
	t.Helper()
	body := `{"to":"key` + campaignDomain + `","type":"SignIn","payload":{"code":"481629"}}`
	r, err := http.NewRequest(http.MethodPost, "http://"+c.replicas[0].address+"/send-code", strings.NewReader(body))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "one-and-the-same")
	resp, err := c.client.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0
	}
	return resp.StatusCode
}
