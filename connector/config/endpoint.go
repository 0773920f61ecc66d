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

const euEndpoint = "https://api.eu.mailgun.net"

// parseEndpoint checks an endpoint and returns it without a trailing slash or
// version, "" standing for [DefaultEndpoint]. The rule is about the host alone:
// a test on the end of the whole string would let https://evil.example/x.mailgun.net
// have the API key. allowed holds further host:port pairs, which may use http.
func parseEndpoint(endpoint string, allowed []string) (string, error) {
	if endpoint == "" {
		return DefaultEndpoint, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("is not a web address: write %q, or %q for the EU region", DefaultEndpoint, euEndpoint)
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
		return "", foreignHost(host, u)
	}
	if u.Scheme != "https" {
		return "", errors.New(`must begin with "https://": the API key travels with every request`)
	}
	return base, nil
}

// foreignHost says what to do about a host that is not Mailgun's.
func foreignHost(host string, u *url.URL) error {
	for _, ending := range []string{"mailgun.org", "mailgun.com"} { // those of its mails and of its web pages
		if host != ending && !strings.HasSuffix(host, "."+ending) {
			continue
		}
		meant := DefaultEndpoint
		if strings.HasPrefix(host, "api.eu.") {
			meant = euEndpoint
		}
		return fmt.Errorf("has the host %q, where Mailgun's API is not: did you mean %q?", u.Host, meant)
	}
	return fmt.Errorf("has the host %q, which is not Mailgun's: use a host of mailgun.net, "+
		"or start the process with --allow-endpoint-hosts %s", u.Host, hostPort(u))
}

// hostPort returns host:port with the scheme's own port filled in.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
