package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// DefaultEndpoint is Mailgun's API in the US region. The EU's is
// https://api.eu.mailgun.net; keys of one region are unknown in the other.
const DefaultEndpoint = "https://api.mailgun.net"

// parseEndpoint checks an endpoint and gives it without a trailing slash or
// version, "" standing for [DefaultEndpoint]. The rule is about the host alone:
// a test on the end of the whole string would let https://evil.example/x.mailgun.net
// have the API key. allowed holds further host:port pairs, which may use http.
func parseEndpoint(endpoint string, allowed []string) (string, error) {
	if endpoint == "" {
		return DefaultEndpoint, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("is no web address: write %q, or %q for the EU region", DefaultEndpoint, "https://api.eu.mailgun.net")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", errors.New("must be scheme and host only, without user, query or fragment")
	}
	if path := strings.TrimSuffix(u.Path, "/"); path != "" && path != "/v3" {
		return "", fmt.Errorf("must not have the path %q: the connector adds its own", u.Path)
	}
	base := u.Scheme + "://" + u.Host
	if slices.ContainsFunc(allowed, func(host string) bool { return strings.EqualFold(host, hostPort(u)) }) {
		return base, nil
	}
	host := strings.ToLower(u.Hostname())
	if host != "mailgun.net" && !strings.HasSuffix(host, ".mailgun.net") {
		return "", fmt.Errorf("has the host %q, which is not Mailgun's: use a host of mailgun.net, or start the process with --allow-endpoint-hosts %s", u.Host, hostPort(u))
	}
	if u.Scheme != "https" {
		return "", errors.New(`must begin with "https://": the API key travels with every request`)
	}
	return base, nil
}

// hostPort gives host:port with the scheme's own port filled in.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
