package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/sandbox"
)

const sandboxDomain = "mg.example.com"

type sandboxCmd struct {
	Listen string   `env:"CONNECTOR_LISTEN" default:"127.0.0.1:8025" placeholder:"HOST:PORT" help:"Address to listen on (default: ${default})."`
	Key    string   `placeholder:"KEY" help:"API key to let in, in place of the environment's; without any, a new one."`
	Domain []string `default:"${sandboxDomain}" placeholder:"DOMAIN" help:"Sending domains (default: ${default})."`
}

// Run serves the sandbox until the context ends.
func (cmd *sandboxCmd) Run(c *call) error {
	key, known, err := cmd.key(c.Process)
	switch {
	case err != nil:
		return err
	case key == "":
		return &app.MisuseError{Message: "the API key is empty", Hint: "leave it out, and one is made up"}
	case len(cmd.Domain) == 0:
		return &app.MisuseError{Message: "--domain is empty", Hint: "leave it out for " + sandboxDomain}
	}
	served, err := serveSandbox(c.ctx, cmd.Listen, sandbox.Config{APIKey: key, Domains: cmd.Domain})
	if err != nil {
		return err
	}
	defer served.stop()
	if !served.addr.IP.IsLoopback() {
		fmt.Fprintf(c.Stderr, "%[1]s: warning: whoever reaches %[2]s can read every mail and its code\n"+
			"%[1]s: hint: elsewhere, its address has this machine's or container's name in place of 127.0.0.1\n",
			name, served.addr)
	}
	command := fmt.Sprintf("%s serve --allow-endpoint-hosts %s", name, served.host())
	if !known { // else the environment has it for serve, too
		command = "MAILGUN_API_KEY=" + key + " " + command
	}
	cmd.explain(c.Stdout, "http://"+served.host(), command)
	ctx, cancel := c.untilHangup()
	defer cancel()
	<-ctx.Done()
	return nil
}

// key returns the API key to let in, and whether it comes from the environment.
func (cmd *sandboxCmd) key(p Process) (key string, known bool, err error) {
	if cmd.Key != "" {
		return cmd.Key, false, nil
	}
	if key := p.Getenv("MAILGUN_API_KEY"); key != "" {
		return key, true, nil
	}
	file := p.Getenv("MAILGUN_API_KEY_FILE")
	if file == "" {
		return rand.Text(), false, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", true, fmt.Errorf("reading the API key: %w", err)
	}
	return strings.TrimSpace(string(text)), true, nil
}

func (cmd *sandboxCmd) explain(w io.Writer, url, command string) {
	fmt.Fprintf(w, `The sandbox plays Mailgun at %[1]s and delivers nothing.

  Inbox     %[1]s/inbox
  More      %[1]s/        what else it can do, such as failing on purpose

To send mails there, have these lines in a config:

  endpoint: %[1]s
  domain: %[2]s

and start the service with it:

  %[3]s

Press Ctrl-C to stop.
`, url, cmd.Domain[0], command)
}

// servedSandbox is a sandbox that listens.
type servedSandbox struct {
	*sandbox.Sandbox
	addr   *net.TCPAddr
	server *http.Server
}

// serveSandbox listens until stop.
func serveSandbox(ctx context.Context, listen string, c sandbox.Config) (*servedSandbox, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, &app.MisuseError{
			Message: "the sandbox can't listen: " + err.Error(),
			Hint:    "choose another address, HOST:PORT, for the sandbox",
		}
	}
	s := sandbox.New(c)
	server := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	served := &servedSandbox{s, l.Addr().(*net.TCPAddr), server}
	go func() { _ = server.Serve(l) }() // ends with stop
	return served, nil
}

// host returns the host:port by which this machine reaches the sandbox.
func (s *servedSandbox) host() string {
	addr := *s.addr
	if addr.IP.IsUnspecified() {
		addr.IP = net.IPv4(127, 0, 0, 1)
	}
	return addr.String()
}

func (s *servedSandbox) stop() {
	_ = s.Close()
	_ = s.server.Close()
}
