//go:build e2e

package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

// A person asks again and again while Mailgun is down, and once more when it is well
// again: the mails come as they were asked for, the newest on top of the inbox, whichever
// replica was asked and whichever sends.
func TestOrder(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { keepOrder(t, onSQLite(t), 1) })
	t.Run("postgres", func(t *testing.T) { keepOrder(t, onPostgres(t), 2) })
}

func keepOrder(t *testing.T, database string, replicas int) {
	const people, resends = 12, 3
	c := newCampaign(t, database, replicas)
	c.boot(t)
	c.sandbox.SetFaults(sandbox.Fault{Status: 503})
	var codes []string
	ask := func() {
		codes = append(codes, fmt.Sprintf("code-%d", len(codes)))
		for person := range people {
			if status := c.askFor(t, (len(codes)+person)%replicas, person, codes[len(codes)-1]); status/100 != 2 {
				t.Errorf("person %d, %s = %d, want a promise", person, codes[len(codes)-1], status)
			}
		}
	}
	for range resends {
		ask()
		time.Sleep(300 * time.Millisecond)
	}
	// Some attempts go on failing.
	c.sandbox.SetFaults(sandbox.Fault{Status: 500, Share: 0.2, Delay: mailgunDelay}, sandbox.Fault{Delay: mailgunDelay})
	ask()
	eventually(t, "all mails", drainTime, func() bool { return len(c.sandbox.Messages()) >= people*len(codes) })
	got := map[string][]string{}
	messages := c.sandbox.Messages()
	slices.SortStableFunc(messages, func(a, b sandbox.Message) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	for _, m := range messages {
		for _, code := range codes {
			if strings.Contains(m.HTML, code+"<") {
				got[m.To] = append(got[m.To], code)
			}
		}
	}
	for who, order := range got {
		if !slices.Equal(slices.Compact(order), codes) { // one twice is one of unknown outcome
			t.Errorf("%s got %v, want %v", who, order, codes)
		}
	}
	if len(got) != people {
		t.Errorf("%d people got mails, want %d", len(got), people)
	}
}

// askFor asks a replica for a person's code.
func (c *campaign) askFor(t *testing.T, replica, person int, code string) int {
	t.Helper()
	body := fmt.Sprintf(`{"to":"person%d%s","type":"SignIn","payload":{"code":%q}}`, person, campaignDomain, code)
	r, err := http.NewRequest(http.MethodPost, "http://"+c.replicas[replica].address+"/send-code", strings.NewReader(body))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(r)
	must(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	must(t, err)
	return resp.StatusCode
}
