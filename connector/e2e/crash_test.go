//go:build e2e

package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"

	"mailgun-connector/connector/sandbox"
)

const (
	rounds       = 8 // unless E2E_CRASH_ROUNDS says otherwise
	crashWorkers = 8
	crashDomain  = "@example.org" // of all recipients

	// crashPace keeps what fails below what the outbox drains in a second, so that
	// the wait at the end measures losses and not a backlog.
	crashPace = 15 * time.Millisecond

	crashDelay = 30 * time.Millisecond // of Mailgun's answers

	// crashDrain exceeds the longest pause between two attempts.
	crashDrain = 40 * time.Second
)

// TestCrashCampaign kills the service again and again while Mailgun refuses half
// of all mails: whatever was promised must arrive all the same.
func TestCrashCampaign(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		newCampaign(t, "sqlite:"+filepath.Join(t.TempDir(), "outbox.db")).run(t)
	})
	t.Run("postgres", func(t *testing.T) {
		server := os.Getenv("TEST_POSTGRES")
		if server == "" && os.Getenv("CI_POSTGRES") != "" {
			t.Fatal("PostgreSQL not given: TEST_POSTGRES is not set")
		}
		if server == "" {
			t.Skip("PostgreSQL not given")
		}
		newCampaign(t, newDatabase(t, server)).run(t)
	})
}

// newDatabase makes a database for one test and gives its URL. What an earlier
// test left in a shared one would be sent here.
func newDatabase(t *testing.T, server string) string {
	t.Helper()
	db, err := sql.Open("pgx", server)
	must(t, err)
	name := fmt.Sprintf("crash_%d_%d", os.Getpid(), time.Now().UnixNano())
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name)
	must(t, err)
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Logf("dropping the database: %v", err)
		}
		_ = db.Close()
	})
	u, err := url.Parse(server)
	must(t, err)
	u.Path = "/" + name
	return u.String()
}

// campaign is a service that is killed and started again, and what it promised.
type campaign struct {
	*service
	env, args []string
	rounds    int
	sends     atomic.Int64

	mu       sync.Mutex
	promised []string    // recipients
	statuses map[int]int // of answers; 0 for none
}

func newCampaign(t *testing.T, database string) *campaign {
	t.Helper()
	c := &campaign{
		service: &service{
			dir:     t.TempDir(),
			sandbox: sandbox.New(sandbox.Config{APIKey: apiKey, Domains: []string{domain}, Capacity: 100_000}),
			client:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crashWorkers}, Timeout: 10 * time.Second},
		},
		rounds: crashRounds(t), statuses: map[int]int{},
	}
	c.env = append(c.serveSandbox(t), "CONNECTOR_TOKEN="+token, "CONNECTOR_STORE_KEY="+strings.Repeat("c4", 32))
	c.install = writeFiles
	c.configure(t, nil)
	t.Cleanup(c.client.CloseIdleConnections)
	address := freeAddress(t)
	c.url = "http://" + address
	c.args = []string{
		"serve", "--config", filepath.Join(c.dir, "connector.json"), "--listen", address,
		"--allow-endpoint-hosts", strings.TrimPrefix(c.endpoint, "http://"), "--database", database,
		"--send-timeout", "1s", "--retry-max", "0", "--recipient-limit", "0",
	}
	return c
}

func crashRounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("E2E_CRASH_ROUNDS")
	if text == "" {
		return rounds
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("E2E_CRASH_ROUNDS = %q, want a number above 0", text)
	}
	return n
}

// freeAddress gives an address to listen on again and again. Its port is below
// those that systems hand out to clients: while the service is down, a connection
// of anyone could take such a one.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 50 {
		address := fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(8000))
		if l, err := net.Listen("tcp", address); err == nil {
			must(t, l.Close())
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}

func (c *campaign) run(t *testing.T) {
	// An answer takes a while, as Mailgun's does: each crash then meets attempts.
	c.sandbox.SetFaults(sandbox.Fault{Status: 500, Share: 0.5, Delay: crashDelay}, sandbox.Fault{Delay: crashDelay})
	c.boot(t)
	load, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	halt := func() { stop(); workers.Wait() }
	defer halt() // before the sandbox closes, if a start fails
	for range crashWorkers {
		workers.Go(func() { c.work(load) })
	}
	for range c.rounds {
		time.Sleep(750*time.Millisecond + rand.N(500*time.Millisecond))
		c.crash(t)
		c.boot(t)
	}
	halt()
	c.sandbox.SetFaults()
	c.report(t, c.drain())
}

// boot starts the service on the same database and the same address.
func (c *campaign) boot(t *testing.T) {
	t.Helper()
	c.process = launch(t, c.env, c.args...)
	c.keepSecret(apiKey, token, crashDomain)
	select {
	case <-c.serving:
	case <-c.ended:
		t.Fatalf("exit status = %d, want a service", c.cmd.ProcessState.ExitCode())
	case <-time.After(30 * time.Second):
		t.Fatal("no line with msg serving, want one")
	}
}

// crash ends the service as a power cut does. Its exit status would have told of
// a race, so its log has to.
func (c *campaign) crash(t *testing.T) {
	t.Helper()
	must(t, c.cmd.Process.Kill())
	<-c.ended
	for _, line := range c.stderr() {
		if strings.Contains(line, "DATA RACE") || strings.HasPrefix(line, "panic:") {
			t.Errorf("stderr has %q, want only a log", line)
		}
	}
}

// work sends mails until the load ends. It retries nothing: what got no answer
// was not promised.
func (c *campaign) work(load context.Context) {
	pace := time.NewTicker(crashPace)
	defer pace.Stop()
	for {
		select {
		case <-load.Done():
			return
		case <-pace.C:
		}
		to := fmt.Sprintf("user%d%s", c.sends.Add(1), crashDomain)
		status := c.order(to)
		c.mu.Lock()
		c.statuses[status]++
		if status == http.StatusOK || status == http.StatusAccepted {
			c.promised = append(c.promised, to)
		}
		c.mu.Unlock()
	}
}

// order sends one mail and gives the status, 0 without an answer.
func (c *campaign) order(to string) int {
	body := `{"to":"` + to + `","type":"SignIn","payload":{"code":"481629"}}`
	// No context of the load's: a request under way at its end is answered.
	r, err := http.NewRequest(http.MethodPost, c.url+"/send-code", strings.NewReader(body)) //nolint:noctx // the client has a timeout
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	a, err := c.client.Do(r)
	if err != nil {
		return 0
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, a.Body) // so that the connection is used again
	return a.StatusCode
}

// drain waits until every promise is kept, or no longer, and tells how long.
func (c *campaign) drain() time.Duration {
	began := time.Now()
	for {
		lost, _ := c.tally()
		if took := time.Since(began); len(lost) == 0 || took > crashDrain {
			return took
		}
		time.Sleep(250 * time.Millisecond)
	}
}

// tally gives the promised recipients without a mail, and the number of all
// recipients with more than one.
func (c *campaign) tally() (lost []string, duplicates int) {
	mails := map[string]int{}
	for _, m := range c.sandbox.Messages() {
		if mails[m.To]++; mails[m.To] == 2 {
			duplicates++
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, to := range c.promised {
		if mails[to] == 0 {
			lost = append(lost, to)
		}
	}
	return lost, duplicates
}

func (c *campaign) report(t *testing.T, took time.Duration) {
	t.Helper()
	lost, duplicates := c.tally()
	t.Logf("promised %d, lost %d, duplicates %d, restarts %d, sends %d", len(c.promised), len(lost), duplicates, c.rounds, c.sends.Load())
	t.Logf("answers by status %v, requests to Mailgun %d, mails %d, drained in %v",
		c.statuses, c.sandbox.Requests(), len(c.sandbox.Messages()), took.Round(time.Millisecond))
	if c.statuses[http.StatusOK] == 0 || c.statuses[http.StatusAccepted] == 0 {
		t.Errorf("answers by status = %v, want both 200 and 202", c.statuses)
	}
	if len(lost) > 0 {
		t.Errorf("lost = %d, want 0: %v …", len(lost), lost[:min(len(lost), 10)])
	}
}
