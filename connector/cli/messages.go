package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"mailgun-connector/connector"
)

type messagesCmd struct {
	serviceOptions
	Address   string `arg:"" optional:"" help:"Only mails to this whole address."`
	Recipient string `placeholder:"HASH" help:"Only mails to the address with this hash, as the log has it."`
	State     string `placeholder:"STATE" help:"Only messages in this state, such as bounced."`
	Type      string `placeholder:"TYPE" help:"Only messages of this usage type."`
	Since     string `placeholder:"TIME" help:"Only messages of this time or later, such as 2026-11-24T13:30:00Z."`
	Until     string `placeholder:"TIME" help:"Only messages of this time or earlier."`
	Limit     int    `default:"20" placeholder:"N" help:"How many at most, 1 to 200 (default: ${default})."`
}

// told is a message, or a step of one, as the API tells it.
type told struct {
	Reason, Detail, Hint string
	Error, Message       string
	State, Description   string
	Status, Code         int
	StartedAt, At        time.Time
	Way                  string // of an attempt, "" where there is only one
	Before               *told  // what the other way came to before, nil for none
}

type toldMessage struct {
	told
	ID, Type, Recipient string
	CreatedAt           time.Time
	Requests            int
	Test                bool
	Attempts, Events    []told
}

// Run lists messages, newest first. The address goes in a body, which no proxy logs.
func (cmd *messagesCmd) Run(c *call) error {
	answer, err := cmd.ask(c, http.MethodPost, "/messages/search", map[string]any{
		"to": cmd.Address, "recipient": cmd.Recipient, "state": cmd.State, "type": cmd.Type,
		"since": cmd.Since, "until": cmd.Until, "limit": cmd.Limit,
	})
	if err != nil {
		return err
	}
	if cmd.JSON {
		_, err = c.Stdout.Write(answer)
		return err
	}
	var page struct {
		Messages   []toldMessage
		NextCursor string
	}
	if err := json.Unmarshal(answer, &page); err != nil {
		return fmt.Errorf("reading the service's answer: %w", err)
	}
	if len(page.Messages) == 0 {
		fmt.Fprintln(c.Stderr, "no messages")
		return nil
	}
	w := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIME\tSTATE\tTYPE\tRECIPIENT\tID\tWHAT HAPPENED")
	for _, m := range page.Messages {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n",
			m.CreatedAt.Format(time.DateTime), m.State, m.kind(), m.Recipient, m.ID, m.Detail+m.alike())
	}
	if page.NextCursor != "" {
		defer fmt.Fprintln(c.Stderr, "there are more; narrow it down, or use a larger --limit")
	}
	return w.Flush()
}

// kind is the usage type, marked if it was a test.
func (m *toldMessage) kind() string {
	if m.Test {
		return m.Type + ", a test"
	}
	return m.Type
}

// alike says how many requests a message stands for, if these are several.
func (m *toldMessage) alike() string {
	if m.Requests > 1 {
		return fmt.Sprintf(" (%d requests alike)", m.Requests)
	}
	return ""
}

type messageCmd struct {
	serviceOptions
	ID string `arg:"" help:"Id of the message, as /send-code answered it, and as in the log."`
}

// Run tells what happened to a message, step by step.
func (cmd *messageCmd) Run(c *call) error {
	answer, err := cmd.ask(c, http.MethodGet, "/messages/"+escaped(cmd.ID), nil)
	if err != nil {
		return err
	}
	if cmd.JSON {
		_, err = c.Stdout.Write(answer)
		return err
	}
	var m toldMessage
	if err := json.Unmarshal(answer, &m); err != nil {
		return fmt.Errorf("reading the service's answer: %w", err)
	}
	fmt.Fprintf(c.Stdout, "%s  %s (%s) to %s%s\n",
		m.CreatedAt.Format(time.DateTime), m.State, m.kind(), m.Recipient, m.alike())
	explain(c.Stdout, &m.told)
	for n, a := range m.Attempts {
		fmt.Fprintf(c.Stdout, "%s  attempt %d: %s\n", a.StartedAt.Format(time.DateTime), n+1, answered(&a))
		explain(c.Stdout, &a)
		if b := a.Before; b != nil {
			b.Error = "failed"
			fmt.Fprintf(c.Stdout, "  Before, by the other way: %s\n", answered(b))
			explain(c.Stdout, b)
		}
	}
	for _, e := range m.Events {
		said := strings.TrimSpace(e.State + " " + quoted(e.Code, e.Description))
		fmt.Fprintf(c.Stdout, "%s  %s\n", e.At.Format(time.DateTime), said)
		if e.State != string(connector.Delivered) {
			explain(c.Stdout, &e)
		}
	}
	return nil
}

// answered is what Mailgun answered to an attempt.
func answered(a *told) string {
	switch {
	case a.Error == "" && a.Way != "":
		return "Mailgun has the mail, by the way " + a.Way
	case a.Error == "":
		return "Mailgun has the mail"
	case a.Status == 0:
		return "no answer"
	}
	return "Mailgun answered " + quoted(a.Status, a.Message)
}

// quoted is a status with the words that came with it.
func quoted(status int, said string) string {
	words := ""
	if status != 0 {
		words = fmt.Sprint(status)
	}
	if said != "" {
		words += fmt.Sprintf(" %q", said)
	}
	return strings.TrimSpace(words)
}

// explain writes why, and what to do.
func explain(w io.Writer, t *told) {
	for _, text := range []string{t.Detail, t.Hint} {
		if text != "" {
			fmt.Fprintf(w, "  %s\n", text)
		}
	}
}
