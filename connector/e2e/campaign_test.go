//go:build e2e

package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"

	"mailgun-connector/connector/sandbox"
)

// What the campaigns have in common.
const (
	campaignDomain = "@example.org" // of all recipients

	// campaignTimeout is the services' send timeout, and a lease is what follows
	// from it: short, so that its end does not take long.
	campaignTimeout = time.Second
	lease           = 2*campaignTimeout + time.Second

	// mailgunDelay is what Mailgun takes for an answer. What happens to a service
	// then meets attempts.
	mailgunDelay = 30 * time.Millisecond

	// drainTime exceeds a lease and the longest pause between two attempts.
	drainTime = time.Minute
)

// halfFailing refuses every second mail for the moment. If all that failed with a
// 500, the breaker would be open for most of the time, and hide what happens to
// attempts.
var halfFailing = []sandbox.Fault{
	{Status: 500, Share: 0.25, Delay: mailgunDelay},
	{Status: 429, Share: 1. / 3, Wait: time.Second, Delay: mailgunDelay},
	{Delay: mailgunDelay},
}

// campaign is a service, or several replicas of it, on one database and under
// load, while something goes wrong.
type campaign struct {
	*service // its sandbox and its client; the processes are the replicas
	ledger

	other    *sandbox.Sandbox // of the failover, nil for none
	database string           // URL
	env      []string
	args     []string
	replicas []*replica
	faults   []sandbox.Fault // Mailgun's under load
	callers  int             // that wait for an answer at a time; 0 for any number
	db       *sql.DB         // the database, past the services
}

// replica is one process. It keeps its address when it is started again.
type replica struct {
	*process
	address string
	args    []string
}

// newCampaign prepares replicas on a database; further arguments overrule those
// of all campaigns. Nothing runs yet.
func newCampaign(t *testing.T, database string, replicas int, args ...string) *campaign {
	t.Helper()
	c := &campaign{
		service: &service{
			dir:     t.TempDir(),
			sandbox: sandbox.New(sandbox.Config{APIKey: apiKey, Domains: []string{domain}, Capacity: 100_000}),
			client:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: 30 * time.Second},
		},
		database: database,
	}
	c.env = append(c.serveSandbox(t), "CONNECTOR_TOKEN="+token, "CONNECTOR_STORE_KEY="+strings.Repeat("c4", 32))
	c.install = writeFiles
	c.configure(t, nil)
	t.Cleanup(c.client.CloseIdleConnections)
	c.args = append([]string{
		"serve", "--config", filepath.Join(c.dir, "connector.json"),
		"--allow-endpoint-hosts", strings.TrimPrefix(c.endpoint, "http://"),
		"--send-timeout", campaignTimeout.String(), "--retry-max", "0", "--recipient-limit", "0",
	}, args...)
	for i := range replicas {
		address := freeAddress(t)
		c.replicas = append(c.replicas, &replica{
			address: address,
			args:    []string{"--listen", address, "--database", named(t, database, i)},
		})
	}
	c.db = openDatabase(t, database)
	return c
}

// onSQLite gives the URL of a new database.
func onSQLite(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "outbox.db")
}

// onPostgres gives the URL of a new database on the server that the environment
// names. Where there has to be one and is none, the test fails.
func onPostgres(t *testing.T) string {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES")
	if server == "" && os.Getenv("CI_POSTGRES") != "" {
		t.Fatal("PostgreSQL not given: TEST_POSTGRES is not set")
	}
	if server == "" {
		t.Skip("PostgreSQL not given")
	}
	return newDatabase(t, server)
}

// onPgBouncer returns the URL of a new database through the pooler that the environment
// names.
func onPgBouncer(t *testing.T) string {
	t.Helper()
	database := onPostgres(t)
	u, err := url.Parse(database)
	must(t, err)
	pooler, err := url.Parse(os.Getenv("TEST_PGBOUNCER"))
	must(t, err)
	if pooler.Host == "" {
		t.Fatal("TEST_PGBOUNCER is not set")
	}
	u.Host = pooler.Host
	return u.String()
}

// newDatabase makes a database for one test and gives its URL. What an earlier
// test left in a shared one would be sent here.
func newDatabase(t *testing.T, server string) string {
	t.Helper()
	db, err := sql.Open("pgx", server)
	must(t, err)
	name := fmt.Sprintf("campaign_%d_%d", os.Getpid(), time.Now().UnixNano())
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

// named gives the URL for a replica, which PostgreSQL then knows by name.
func named(t *testing.T, database string, i int) string {
	t.Helper()
	if strings.HasPrefix(database, "sqlite:") {
		return database
	}
	u, err := url.Parse(database)
	must(t, err)
	values := u.Query()
	values.Set("application_name", replicaName(i))
	u.RawQuery = values.Encode()
	return u.String()
}

func replicaName(i int) string { return fmt.Sprintf("replica-%d", i) }

// openDatabase opens the services' database, to see or to disturb what they do.
func openDatabase(t *testing.T, database string) *sql.DB {
	t.Helper()
	driver, name := "pgx", database
	if u, err := url.Parse(database); err == nil && u.Scheme != "sqlite" { // a pooler may stand between
		values := u.Query()
		values.Set("default_query_exec_mode", "exec")
		u.RawQuery = values.Encode()
		name = u.String()
	}
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		driver, name = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, name)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
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

// boot starts every replica that does not run.
func (c *campaign) boot(t *testing.T) {
	t.Helper()
	for _, r := range c.replicas {
		if r.process != nil && r.runs() {
			continue
		}
		r.process = launch(t, c.env, append(c.args, r.args...)...)
		r.keepSecret(apiKey, token, campaignDomain)
		select {
		case <-r.serving:
		case <-r.ended:
			t.Fatalf("exit status = %d, want a service", r.cmd.ProcessState.ExitCode())
		case <-time.After(30 * time.Second):
			t.Fatal("no line with msg serving, want one")
		}
	}
}

func (p *process) runs() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// crash ends a process as a power cut does. Its exit status would have told of a
// race, so its log has to.
func (p *process) crash(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	<-p.ended
	for _, line := range p.stderr() {
		if strings.Contains(line, "DATA RACE") || strings.HasPrefix(line, "panic:") {
			t.Errorf("stderr has %q, want only a log", line)
		}
	}
}

// load sends so many mails a second, to the replicas in turn, whatever becomes of
// them. It goes on until the test stops it, and then lets what is under way be
// answered. It retries nothing: what got no 2xx was not promised.
func (c *campaign) load(t *testing.T, perSecond int) (stop func()) {
	c.sandbox.SetFaults(c.faults...)
	ctx, cancel := context.WithCancel(t.Context())
	var orders sync.WaitGroup
	orders.Go(func() {
		pace := time.NewTicker(time.Second / time.Duration(perSecond))
		defer pace.Stop()
		var waiting atomic.Int64
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-pace.C:
			}
			if c.callers > 0 && int(waiting.Load()) >= c.callers {
				continue
			}
			waiting.Add(1)
			orders.Go(func() {
				defer waiting.Add(-1)
				c.order(i % len(c.replicas))
			})
		}
	})
	stop = func() { cancel(); orders.Wait() }
	t.Cleanup(stop) // before the sandbox closes, if the test fails
	return stop
}
