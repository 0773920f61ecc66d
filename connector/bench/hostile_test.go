package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkHostile reports what a good send takes undisturbed and beside 32 hostile
// connections (or 8,000 idle ones), by turns, and the ratio of the medians. It also holds
// the service to answering its probes meanwhile.
//
//	go test -run '^$' -bench Hostile -benchtime 4x ./connector/bench
func BenchmarkHostile(b *testing.B) {
	const hostile, idle = 32, 8000
	auth := "Authorization: Bearer " + token + "\r\n"
	report := `{"signature":{"timestamp":"1","token":"x","signature":"00"},"event-data":{"x":[` + strings.Repeat("{},", 83_000) + `{}]}}`
	shortReport := `{"signature":{"timestamp":"1","token":"x","signature":"00"},"event-data":{"x":[` + strings.Repeat("{},", 20_000) + `{}]}}`
	for _, c := range []struct {
		name  string
		conns int
		does  hostility
	}{
		{"unsigned reports", hostile, again(post("/webhooks/mailgun", "", report))},
		{"unsigned reports of 60 KB", hostile, again(post("/webhooks/mailgun", "", shortReport))},
		{"stalled bodies", hostile, stall("POST /send-code HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: application/json\r\nContent-Length: 200\r\n\r\n{")},
		{"1,100 stalled bodies", 1100, stall("POST /send-code HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: application/json\r\nContent-Length: 200\r\n\r\n{")},
		{"stalled reports", hostile, stall("POST /webhooks/mailgun HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{")},
		{"half headers", hostile, stall("POST /send-code HTTP/1.1\r\nHost: x\r\nX-")},
		{"huge configs", hostile, again(post("/config/validate", auth, hugeConfig(18_000)))},
		{"configs of 4 MB", hostile, again(post("/config/validate", auth, hugeConfig(320_000)))},
		{"wrong tokens", hostile, again(post("/send-code", "Authorization: Bearer wrong-token-0123456789\r\n", "{}"))},
		{"unknown paths", hostile, again("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")},
		{"idle connections", idle, once("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")},
	} {
		b.Setenv("MAILGUN_WEBHOOK_SIGNING_KEY", "bench-signing-key-0123456789")
		b.Setenv("GOMEMLIMIT", limitIn128)
		b.Run(c.name, func(b *testing.B) {
			args := []string{"--recipient-limit", "0"}
			if strings.Contains(c.name, "reports") { // they need one; a send without is ten times as fast
				args = append(args, "--database", "sqlite:"+filepath.Join(b.TempDir(), "outbox.db"))
			}
			p := startService(b, upstream(b, 0), args...)
			calm, disturbed, while := paces(b, p, c.conns, c.does)
			peak := p.memory(b).peak
			b.ReportMetric(calm, "calm-ms")
			b.ReportMetric(disturbed, "beside-ms")
			b.ReportMetric(disturbed/calm, "ratio")
			b.ReportMetric(while, "while-MiB")
			b.ReportMetric(peak, "peak-MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// hostility is what one hostile connection does until done is closed.
type hostility func(address string, done <-chan struct{})

// paces returns the medians of what a good send takes, in ms, alone and beside so many
// connections that do something hostile, measured by turns, and the process's memory
// beside them in MiB.
func paces(b *testing.B, p *process, conns int, does hostility) (calm, disturbed, while float64) {
	b.Helper()
	client := newClient(4)
	pace(b, client, p.url) // warms up
	var alone, beside, resident []float64
	for b.Loop() {
		alone = append(alone, pace(b, client, p.url)...)
		done := make(chan struct{})
		var all sync.WaitGroup
		for range conns {
			all.Go(func() { does(strings.TrimPrefix(p.url, "http://"), done) })
		}
		time.Sleep(time.Second) // until they are all at it
		beside = append(beside, pace(b, client, p.url)...)
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			probe(b, p.url+path)
		}
		resident = append(resident, p.memory(b).now)
		close(done)
		all.Wait()
	}
	return median(alone), median(beside), median(resident)
}

// pace makes some good sends, one each 20 ms, and returns what they took in ms.
func pace(b *testing.B, client *http.Client, url string) (took []float64) {
	b.Helper()
	const n, every = 150, 20 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range n {
		began := time.Now()
		if err := send(client, url, i); err != nil {
			b.Error(err)
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
		<-tick.C
	}
	slices.Sort(took)
	return took
}

// probe asks for something over a connection of its own, as a kubelet does.
func probe(b *testing.B, url string) {
	b.Helper()
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		b.Error(err)
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.Errorf("GET %s = %d, want 200", url, resp.StatusCode)
	}
}

func post(path, header, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, header, len(body), body)
}

// again sends a request and reads the answer, over and over.
func again(request string) hostility {
	return func(address string, done <-chan struct{}) {
		connected(address, done, func(conn net.Conn) {
			in := bufio.NewReader(conn)
			for {
				go io.WriteString(conn, request) //nolint:errcheck // the answer may come before the end
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				if resp.Close {
					return
				}
			}
		})
	}
}

// stall sends half a request, or a whole one, and then nothing.
func stall(request string) hostility {
	return func(address string, done <-chan struct{}) {
		connected(address, done, func(conn net.Conn) {
			_, _ = io.WriteString(conn, request)
			_, _ = io.Copy(io.Discard, conn) // until it is ended
		})
	}
}

// once sends a request, and then nothing more, not even when the connection is ended.
func once(request string) hostility {
	return func(address string, done <-chan struct{}) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, request)
		<-done
	}
}

// connected has a connection used over and over, a new one when it is ended.
func connected(address string, done <-chan struct{}, use func(net.Conn)) {
	for {
		select {
		case <-done:
			return
		default:
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			continue
		}
		used := make(chan struct{})
		go func() {
			defer close(used)
			use(conn)
		}()
		select {
		case <-used:
		case <-done:
		}
		conn.Close()
		<-used
	}
}

// hugeConfig has many deliveries, each with a problem.
func hugeConfig(deliveries int) string {
	var b strings.Builder
	b.WriteString(`{"deliveries":{"T0":{}`)
	for i := range deliveries {
		fmt.Fprintf(&b, `,"T%d":{}`, i+1)
	}
	b.WriteString("}}")
	return b.String()
}
