package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// databases are the outbox's engines; PostgreSQL where TEST_POSTGRES names one, as
// under .ci/postgres.
func databases(b *testing.B) map[string]string {
	b.Helper()
	all := map[string]string{"sqlite": "sqlite:" + filepath.Join(b.TempDir(), "outbox.db")}
	if url := os.Getenv("TEST_POSTGRES"); url != "" {
		all["postgres"] = url
	}
	return all
}

// startDurable runs the service with a database.
func startDurable(b *testing.B, upstream, database string) *process {
	b.Helper()
	b.Setenv("CONNECTOR_STORE_KEY", strings.Repeat("0b", 32))
	return startService(b, upstream, "--recipient-limit", "1000/1m", "--database", database)
}

// BenchmarkCPUPerDurableSend reports what a send costs the service without and with a
// database, and their ratio. What PostgreSQL itself costs is not in it.
func BenchmarkCPUPerDurableSend(b *testing.B) {
	for name, database := range databases(b) {
		b.Run(name, func(b *testing.B) {
			up := upstream(b, 0)
			plain := startService(b, up, "--recipient-limit", "1000/1m")
			direct, durable := compare(b, plain, startDurable(b, up, database))
			b.ReportMetric(direct, "direct-µs/send")
			b.ReportMetric(durable, "durable-µs/send")
			b.ReportMetric(durable/direct, "ratio")
		})
	}
}

// BenchmarkDurableMemory reports the peak resident memory at 64 concurrent sends
// with a database, and sends each second.
func BenchmarkDurableMemory(b *testing.B) {
	const workers, rounds = 64, 20_000
	for name, database := range databases(b) {
		b.Run(name, func(b *testing.B) {
			p := startDurable(b, upstream(b, 0), database)
			client := newClient(workers)
			began := time.Now()
			n := 0
			for b.Loop() {
				sends(b, client, p.url, rounds, workers)
				n += rounds
			}
			b.ReportMetric(float64(n)/time.Since(began).Seconds(), "sends/s")
			b.ReportMetric(p.memory(b).peak, "peak-MiB")
		})
	}
}
