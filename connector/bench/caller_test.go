package bench

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hookSecret is what the benchmarks' Supabase signs with.
const hookSecret = "TjV2c0pZbWhmS3o4d1FkMkdhUnhVcEw2Y0V0QjFpTWU="

// call is one of Supabase's, of the length that it has; %d makes each another, and its
// recipient too.
const call = `{"metadata":{"uuid":"ad700080-ee08-44b5-8be3-%012[1]d","time":"2026-11-25T14:43:54.449704811Z",` +
	`"name":"send-email","ip_address":"203.0.113.7"},"user":{"id":"93c5d5f0-07ad-45fe-b6d2-172c50712670",` +
	`"aud":"authenticated","role":"authenticated","email":"user%[1]d@example.org","phone":"",` +
	`"app_metadata":{"provider":"email","providers":["email"]},"user_metadata":{"email":"user%[1]d@example.org",` +
	`"email_verified":false,"first_name":"Ada","locale":"fr-CA","phone_verified":false},"identities":[{"identity_id":` +
	`"3297a9b7-72f5-4a7a-af98-23bcddf390e7","id":"93c5d5f0-07ad-45fe-b6d2-172c50712670","identity_data":{"email":` +
	`"user%[1]d@example.org","email_verified":false,"first_name":"Ada","locale":"fr-CA"},"provider":"email",` +
	`"last_sign_in_at":"2026-11-25T14:43:54.444567861Z","created_at":"2026-11-25T14:43:54.444651Z",` +
	`"updated_at":"2026-11-25T14:43:54.444651Z","email":"user%[1]d@example.org"}],"created_at":` +
	`"2026-11-25T14:43:54.440434Z","updated_at":"2026-11-25T14:43:54.447811Z","is_anonymous":false},"email_data":` +
	`{"token":"481629","token_hash":"de760d0c9cc0083390466e09924e0ad35facf60efa7a5601370f9902","redirect_to":` +
	`"https://app.example.com/welcome","email_action_type":"magiclink","site_url":"https://a.supabase.co/auth/v1",` +
	`"token_new":"","token_hash_new":"","old_email":"","old_phone":"","provider":"","factor_type":""}}`

// hook makes a call of Supabase's that is signed with a secret.
func hook(url, secret string, i int) (*http.Request, error) {
	body := fmt.Sprintf(call, i)
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		return nil, err
	}
	id, at := "id", strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "." + body))
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/hooks/supabase", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", at)
	req.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return req, nil
}

// BenchmarkCPUPerCall reports what a call of Supabase's costs the service, and one that is
// forged, beside a send of the same mail.
func BenchmarkCPUPerCall(b *testing.B) {
	const perRound, workers, forgers = 1000, 16, 300
	p := startService(b, upstream(b, 0), "--recipient-limit", "1000/1m")
	client := newClient(workers)
	strangers := newClient(forgers)
	next := 0
	cost := func(n, workers int, request func(i int) error) float64 {
		next += n
		before := p.cpu(b)
		requests(b, n, workers, func(i int) error { return request(next + i) })
		return float64((p.cpu(b) - before).Microseconds()) / float64(n)
	}
	sending := func(i int) error { return send(client, p.url, i) }
	calling := func(i int) error {
		req, err := hook(p.url, hookSecret, i)
		if err != nil {
			return err
		}
		return do(client, req)
	}
	forging := func(i int) error {
		req, err := hook(p.url, "YW5vdGhlci1rZXktb2YtMjQtYnl0ZXMtb3ItbW9yZQ==", i)
		if err != nil {
			return err
		}
		if err := do(strangers, req); err == nil || !strings.Contains(err.Error(), "401") {
			return fmt.Errorf("a forged call is answered: %w", err)
		}
		return nil
	}
	cost(perRound, workers, sending)
	cost(perRound, workers, calling)
	var sends, calls []float64
	for b.Loop() {
		sends = append(sends, cost(perRound, workers, sending))
		calls = append(calls, cost(perRound, workers, calling))
	}
	b.ReportMetric(median(sends), "µs/send")
	b.ReportMetric(median(calls), "µs/call")
	b.ReportMetric(median(calls)/median(sends), "ratio")
	b.ReportMetric(cost(5*forgers, forgers, forging), "µs/forged") // their answers are held up, which costs time and no work
}
