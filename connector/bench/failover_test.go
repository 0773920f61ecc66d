package bench

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// startTwoWays runs the service with a failover.
func startTwoWays(b *testing.B, main, other string) *process {
	b.Helper()
	failover := fmt.Sprintf(`"failover":{"endpoint":"http://%s","domain":"mg2.example.com","apiKey":"key-4567"},`, other)
	return startConfigured(b, main, failover, "--allow-endpoint-hosts", other, "--recipient-limit", "1000/1m")
}

// BenchmarkCPUPerSendByTwoWays reports what a send costs the service without and with a
// failover while both ways are well, and their ratio.
func BenchmarkCPUPerSendByTwoWays(b *testing.B) {
	up := upstream(b, 0)
	one := startService(b, up, "--recipient-limit", "1000/1m")
	direct, twoWays := compare(b, one, startTwoWays(b, up, upstream(b, 0)))
	b.ReportMetric(direct, "one-way-µs/send")
	b.ReportMetric(twoWays, "two-ways-µs/send")
	b.ReportMetric(twoWays/direct, "ratio")
}

// BenchmarkLatencyByOtherWay reports how long a send takes by the only way, and by the
// other one while the main way is known to be down: the median and the slowest of fifty.
func BenchmarkLatencyByOtherWay(b *testing.B) {
	const mailgun = 20 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	up := upstream(b, mailgun)
	one, other := startService(b, up, "--recipient-limit", "1000/1m"), startTwoWays(b, closed, up)
	client := newClient(1)
	for _, p := range []*process{one, other} {
		sends(b, client, p.url, 5, 1) // opens connections, and the main way's breaker
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for b.Loop() {
		direct, there := sends(b, client, one.url, 50, 1), sends(b, client, other.url, 50, 1)
		b.ReportMetric(ms(direct[25]), "one-way-ms")
		b.ReportMetric(ms(direct[49]), "one-way-slowest-ms")
		b.ReportMetric(ms(there[25]), "other-way-ms")
		b.ReportMetric(ms(there[49]), "other-way-slowest-ms")
	}
}
