package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
)

// serviceOptions say which running service is asked, and by whom.
type serviceOptions struct {
	URL       string `placeholder:"URL" help:"Address of the service (default: http:// and --listen)."`
	Listen    string `env:"CONNECTOR_LISTEN" default:"${listen}" placeholder:"HOST:PORT" help:"Address that the service listens on (default: ${default})."`
	Token     string `env:"CONNECTOR_TOKEN" placeholder:"TOKEN,…" help:"API token with the scope read; of several, the first that has it."`
	TokenFile string `env:"CONNECTOR_TOKEN_FILE" placeholder:"FILE" help:"File with API tokens, for where there is no --token."`
	JSON      bool   `help:"Print the service's answer as it is."`
}

const (
	serviceTimeout = 10 * time.Second
	maxAnswer      = 4 << 20 // bytes
)

// localAddress is where a service is asked on this machine that listens on an address.
func localAddress(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", &app.MisuseError{
			Message: fmt.Sprintf("--listen: %q is not an address", listen),
			Hint:    "use HOST:PORT, such as 127.0.0.1:8080",
		}
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1" // it listens on every address; a name would need /etc/hosts
	}
	return net.JoinHostPort(host, port), nil
}

// base is the service's URL, without a slash at its end.
func (o *serviceOptions) base() (string, error) {
	if o.URL == "" {
		address, err := localAddress(o.Listen)
		return "http://" + address, err
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", &app.MisuseError{
			Message: "--url is not the address of a service", Hint: "use --url http://HOST:PORT",
		}
	}
	return strings.TrimSuffix(o.URL, "/"), nil
}

// token returns the first token that may read, "" for none.
func (o *serviceOptions) token() (string, error) {
	text := o.Token
	if text == "" && o.TokenFile != "" {
		file, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return "", err
		}
		text = string(file)
	}
	if text == "" {
		return "", nil
	}
	token, err := httpapi.TokenThatMay(httpapi.Read, config.Secret(text))
	if err != nil {
		return "", &app.MisuseError{Message: "--token: " + err.Error(), Hint: "use one with the scope read: TOKEN read"}
	}
	return token.Reveal(), nil
}

// ask asks the service, with a body unless that is nil, and returns its answer.
func (o *serviceOptions) ask(c *call, method, path string, body any) ([]byte, error) {
	base, err := o.base()
	if err != nil {
		return nil, err
	}
	token, err := o.token()
	if err != nil {
		return nil, err
	}
	var text io.Reader = http.NoBody
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(encoded)
	}
	ctx, cancel := context.WithTimeout(c.ctx, serviceTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, base+path, text)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := (&http.Client{CheckRedirect: noRedirect}).Do(req)
	if err != nil {
		return nil, &hintError{errors.New("the service does not answer"), "is it running, and at " + base + "?"}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK || !json.Valid(answer) {
		return nil, serviceError(resp.StatusCode, answer)
	}
	return answer, nil
}

// noRedirect keeps the token from whoever the service is redirected to.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// serviceError is what the service's refusal comes to.
func serviceError(status int, answer []byte) error {
	var problem struct{ Detail, Hint string }
	if json.Unmarshal(answer, &problem) != nil || problem.Detail == "" {
		return &hintError{fmt.Errorf("the service answers %d", status), "is it a mailgun-connector that is there?"}
	}
	if status == http.StatusBadRequest {
		hint := cmp.Or(problem.Hint, "the command's --help says what it takes")
		return &app.MisuseError{Message: problem.Detail, Hint: hint}
	}
	if status == http.StatusUnauthorized {
		problem.Hint = "give its token with --token or --token-file"
	}
	return &hintError{errors.New(problem.Detail), problem.Hint}
}
