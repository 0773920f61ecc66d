package outbox_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/connector/outbox/sqlstore"
)

const callers = 64

// benchmarkSend sends through an outbox with 64 callers at a time and a Mailgun
// that answers at once.
func benchmarkSend(b *testing.B, store outbox.Store) {
	b.Helper()
	o := outbox.New(config(b, store, prometheus.NewRegistry()))
	s := o.Wrap(fake(accepted))
	b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if r, err := s.Send(context.Background(), email()); err != nil || r.Queued {
				b.Errorf("Send = %+v, %v, want sent", r, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
}

func BenchmarkDurableSend(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSend(b, benchSQLite(b)) })
	b.Run("memory", func(b *testing.B) { benchmarkSend(b, outboxtest.NewMemory()) })
}

func benchSQLite(b *testing.B) *sqlstore.SQLite {
	b.Helper()
	s, err := sqlstore.OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "outbox.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkAcceptWithBacklog shows that what waits does not slow what comes.
func BenchmarkAcceptWithBacklog(b *testing.B) {
	for _, backlog := range []int{0, 100_000} {
		store := benchSQLite(b)
		fill(b, store, backlog)
		b.Run(fmt.Sprint(backlog), func(b *testing.B) { benchmarkSend(b, store) })
	}
}

// fill queues n messages that are due in a day.
func fill(b *testing.B, store outbox.Store, n int) {
	b.Helper()
	const writers = 250
	content := make([]byte, 1000)
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range n / writers {
				mail := email()
				row := &outbox.Row{Message: connector.Message{ID: mail.ID, State: connector.Queued, Recipient: mail.Recipient}, Content: content}
				if err := store.Insert(context.Background(), row, 24*time.Hour, 48*time.Hour); err != nil {
					b.Errorf("Insert = %v, want nil", err)
					return
				}
			}
		})
	}
	group.Wait()
}
