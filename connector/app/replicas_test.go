package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// replicas are two services on one PostgreSQL database.
func replicas(t *testing.T) [2]*apptest.Service {
	t.Helper()
	database := outboxtest.Postgres(t)
	var both [2]*apptest.Service
	for i := range both {
		both[i] = apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
			o.Database, o.StoreKey, o.Retention = config.Secret(database), config.Secret(strings.Repeat("0b", 32)), 24*time.Hour
			o.RetryMax, o.RecipientLimit = 0, ratelimit.Rate{Sends: 10, Per: 10 * time.Minute}
		}})
	}
	return both
}

// fromBoth asks both replicas at once, n times in all, and counts the statuses.
func fromBoth(t *testing.T, both [2]*apptest.Service, n int, header map[string]string) map[int]int {
	t.Helper()
	header["Authorization"], header["Content-Type"] = "Bearer "+apptest.Token, "application/json"
	var mu sync.Mutex
	statuses := map[int]int{}
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			a := both[i%2].Do(t, http.MethodPost, "/send-code", durableBody, header)
			mu.Lock()
			defer mu.Unlock()
			statuses[a.Status]++
		})
	}
	group.Wait()
	return statuses
}

func mails(both [2]*apptest.Service) int {
	return len(both[0].Sandbox.Messages()) + len(both[1].Sandbox.Messages())
}

// warmUp has both open their connections: on a busy machine that may take longer
// than the limit waits for its answer.
func warmUp(t *testing.T, both [2]*apptest.Service) {
	t.Helper()
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			both[i%2].Post(t, "/send-code", strings.Replace(durableBody, "ada", fmt.Sprintf("user%d", i), 1))
		})
	}
	group.Wait()
	for _, s := range both {
		s.Sandbox.Reset()
	}
}

func TestReplicasShareTheLimitPostgres(t *testing.T) {
	t.Parallel()
	both := replicas(t)
	warmUp(t, both)
	got := fromBoth(t, both, 40, map[string]string{})
	if got[http.StatusOK]+got[http.StatusAccepted] != 10 || got[http.StatusTooManyRequests] != 30 { // one comes behind the other
		t.Errorf("40 sends at once = %v, want 10 accepted", got)
	}
	apptest.Within(t, "all mails", func() bool { return mails(both) == 10 })
}

func TestReplicasShareKeysPostgres(t *testing.T) {
	t.Parallel()
	both := replicas(t)
	got := fromBoth(t, both, 100, map[string]string{"Idempotency-Key": "one-for-all"})
	if got[http.StatusOK]+got[http.StatusAccepted]+got[http.StatusConflict] != 100 || mails(both) != 1 {
		t.Errorf("100 identical requests at once = %v and %d mails, want one mail", got, mails(both))
	}
	for range 2 {
		if got := fromBoth(t, both, 2, map[string]string{"Idempotency-Key": "one-for-all"}); got[http.StatusOK] != 2 {
			t.Errorf("again = %v, want the first answer from both", got)
		}
	}
}

// What one replica has promised, the other keeps when it is gone, and tells of.
func TestReplicasShareMessagesPostgres(t *testing.T) {
	t.Parallel()
	both := replicas(t)
	both[0].Sandbox.SetFaults(sandbox.Fault{Status: 500})
	both[1].Sandbox.SetFaults(sandbox.Fault{Status: 500})
	var accepted struct{ ID string }
	a := both[0].Post(t, "/send-code", durableBody)
	if a.Decode(t, &accepted); a.Status != http.StatusAccepted {
		t.Fatalf("send = %d %s, want 202", a.Status, a.Body)
	}
	if err := both[0].App.Stop(); err != nil {
		t.Fatal(err)
	}
	both[1].Sandbox.SetFaults()
	apptest.Within(t, "sent by the other", func() bool {
		return strings.Contains(string(both[1].Get(t, "/messages/"+accepted.ID).Body), `"state":"sent"`)
	})
	if mails(both) != 1 {
		t.Errorf("mails = %d, want 1", mails(both))
	}
}
