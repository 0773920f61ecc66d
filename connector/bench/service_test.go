package bench

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// BenchmarkCPUPerSend reports what a send costs the bare handler and the service,
// and their ratio.
func BenchmarkCPUPerSend(b *testing.B) {
	up := upstream(b, 0)
	cost, other := compare(b, startBare(b, up), startService(b, up, "--recipient-limit", "1000/1m"))
	b.ReportMetric(cost, "bare-µs/send")
	b.ReportMetric(other, "service-µs/send")
	b.ReportMetric(other/cost, "ratio")
}

// compare runs rounds of sends through two processes by turns, so that both meet the
// same machine, and gives the median of what a send costs each in µs.
func compare(b *testing.B, one, other *process) (costOne, costOther float64) {
	b.Helper()
	const sendsPerRound, workers = 2000, 16
	client := newClient(workers)
	round := func(p *process) float64 {
		before := p.cpu(b)
		sends(b, client, p.url, sendsPerRound, workers)
		return float64((p.cpu(b) - before).Microseconds()) / sendsPerRound
	}
	round(one)
	round(other)
	var ones, others []float64
	for b.Loop() {
		ones = append(ones, round(one))
		others = append(others, round(other))
	}
	return median(ones), median(others)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkMemory reports the peak resident memory at 64 concurrent sends.
func BenchmarkMemory(b *testing.B) {
	const workers, rounds = 64, 20_000
	p := startService(b, upstream(b, 0), "--recipient-limit", "1000/1m")
	client := newClient(workers)
	for b.Loop() {
		sends(b, client, p.url, rounds, workers)
	}
	b.ReportMetric(p.memory(b).peak, "peak-MiB")
}

// BenchmarkStart reports the time from starting the process to a 200 of /readyz.
func BenchmarkStart(b *testing.B) {
	up := upstream(b, 0)
	if _, err := binary(); err != nil {
		b.Fatal(err)
	}
	var times []float64
	for b.Loop() {
		begin := time.Now()
		p := startService(b, up)
		resp, err := http.Get(p.url + "/readyz")
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatalf("readyz: %v", err)
		}
		times = append(times, float64(time.Since(begin).Microseconds())/1000)
		resp.Body.Close()
		p.stop()
	}
	b.ReportMetric(median(times), "ready-ms")
}
