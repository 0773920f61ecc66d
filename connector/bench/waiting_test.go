package bench

import (
	"path/filepath"
	"testing"
	"time"
)

// limitIn128 is what the service would take from a container of 128 MiB, such as
// that of examples/kubernetes: nine tenths.
const limitIn128 = "115MiB"

// BenchmarkWaiting reports what a thousand callers meet who send again as soon as
// they are answered, on a Mailgun that takes a second: half of them are answered
// within p50 and all but one in a hundred within p99. What a send costs the
// processor is told as a ratio to the bare handler's as well. Of a container of 128
// MiB there is only the limit that the service would take from it; that it holds
// shows in anon-MiB, which such a container would count.
func BenchmarkWaiting(b *testing.B) {
	limit := []string{"--recipient-limit", "1000/1m"}
	var bareCost float64
	for _, c := range []struct {
		name       string
		recipients int // that the limiter knows already
		memory     string
		start      func(b *testing.B, upstream string) *process
	}{
		{"bare", 0, "", func(b *testing.B, up string) *process { return startBare(b, up) }},
		{"direct", 0, "", func(b *testing.B, up string) *process { return startService(b, up, limit...) }},
		{"limiter full", 100_000, "", func(b *testing.B, up string) *process { return startService(b, up, limit...) }},
		{"128 MiB", 0, limitIn128, func(b *testing.B, up string) *process { return startService(b, up, limit...) }},
		{"128 MiB, limiter full", 100_000, limitIn128,
			func(b *testing.B, up string) *process { return startService(b, up, limit...) }},
		{"SQLite", 0, "", startWithSQLite},
		{"128 MiB, SQLite", 0, limitIn128, startWithSQLite},
	} {
		b.Run(c.name, func(b *testing.B) {
			if c.memory != "" {
				b.Setenv("GOMEMLIMIT", c.memory)
			}
			address, setDelay := variableUpstream(b)
			p := c.start(b, address)
			sends(b, newClient(64), p.url, c.recipients, 64)
			setDelay(time.Second)
			cost := measureWaiting(b, p)
			if bareCost == 0 {
				bareCost = cost
			}
			b.ReportMetric(cost/bareCost, "ratio")
		})
	}
}

func startWithSQLite(b *testing.B, upstream string) *process {
	return startDurable(b, upstream, "sqlite:"+filepath.Join(b.TempDir(), "outbox.db"))
}

// measureWaiting reports the times, and what a send costs in µs.
func measureWaiting(b *testing.B, p *process) (cost float64) {
	const callers, rounds = 1000, 5
	client := newClient(callers)
	sends(b, client, p.url, callers, callers) // opens the connections
	before, began := p.cpu(b), time.Now()
	n := 0
	var p50, p99 []float64
	for b.Loop() {
		times := sends(b, client, p.url, rounds*callers, callers)
		p50 = append(p50, times[len(times)/2].Seconds()*1000)
		p99 = append(p99, times[len(times)*99/100].Seconds()*1000)
		n += len(times)
	}
	cost = float64((p.cpu(b) - before).Microseconds()) / float64(n)
	memory := p.memory(b)
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "sends/s")
	b.ReportMetric(median(p50), "p50-ms")
	b.ReportMetric(median(p99), "p99-ms")
	b.ReportMetric(cost, "µs/send")
	b.ReportMetric(memory.peak, "peak-MiB")
	b.ReportMetric(memory.peak-memory.file, "anon-MiB")
	return cost
}
