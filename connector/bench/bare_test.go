package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"time"
)

// serveBare is what the service is measured against: a plain net/http handler
// that decodes the same request and posts the same form with a tuned client, and
// does nothing else: no token, no checks, no limits, no metrics, no log. Its client
// is net/http's own transport with enough idle connections, as the service's is.
func serveBare(upstream string) {
	client := &http.Client{
		Timeout:   4 * time.Second,
		Transport: &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, DisableCompression: true},
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			To      string         `json:"to"`
			Type    string         `json:"type"`
			Payload map[string]any `json:"payload"`
		}
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		application := req.Payload["application"].(map[string]any)["name"].(string)
		answer, err := postForm(client, upstream, req.To, req.Payload["code"].(string), application)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(
			map[string]string{"status": "sent", "providerId": answer.ID, "message": answer.Message})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	panic(http.Serve(l, http.HandlerFunc(handler)))
}

type answer struct{ ID, Message string }

// postForm posts the fields that the service sends for the same request.
func postForm(client *http.Client, upstream, to, code, application string) (answer, error) {
	fill := strings.NewReplacer("{{code}}", code, "{{application.name}}", application)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range [][2]string{
		{"from", "Sender Name <no-reply@mg.example.com>"}, {"to", to},
		{"subject", fill.Replace(subject)},
		{"text", fill.Replace(text)}, {"html", fill.Replace(html)},
		{"o:tracking", "no"}, {"o:tracking-clicks", "no"}, {"o:tracking-opens", "no"},
		{"h:X-Mailgun-Deliver-Within", "10m"}, {"h:Auto-Submitted", "auto-generated"},
		{"h:X-Auto-Response-Suppress", "All"},
	} {
		if err := form.WriteField(field[0], field[1]); err != nil {
			return answer{}, err
		}
	}
	if err := form.Close(); err != nil {
		return answer{}, err
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+upstream+"/v3/mg.example.com/messages", &body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.SetBasicAuth("api", apiKey)
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	var a answer
	return a, json.Unmarshal(text, &a)
}
